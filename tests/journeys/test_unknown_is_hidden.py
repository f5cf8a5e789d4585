"""A hidden name and a name that does not exist are answered alike, to the byte, whatever the value.

Every viewer names every field of the resource, in every spelling one might try, as filter, sort key
and member of a change; each answer is held against the answer to a name that nobody ever gave.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.models import Base
from app.projection.plans import Plan
from tests.support.each import by_first, case
from tests.support.exercisers import EXERCISERS, INSIDERS, door_of
from tests.support.exercising import Route, items
from tests.support.permitted import parameters_of, sort_keys_of, writable_of
from tests.support.stage import Stage, comparable, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLES = Base.metadata.tables
NONSENSE = "inexistente"
AT_ONCE = 60
LISTS = [
    (path, viewer)
    for (method, path), entry in EXERCISERS.items()
    if method == "get" and entry.records is items and entry.part is None  # guarded by viewer
    for viewer in INSIDERS.get(door_of((method, path)), (Viewer.PUBLIC,))
]
FIT = {
    "name": "Nome Novo",
    "phone": "(11) 91234-5678",
    "title": "Outro Assunto",
    "permissions": ["invoices"],
    "status": "paid",
}
"""Of the fields that viewers may change, values that would be taken."""
CHANGES = [
    (path, viewer)
    for (method, path), entry in EXERCISERS.items()
    if method == "patch" and entry.resource == "customer"
    for viewer in INSIDERS.get(door_of((method, path)), (Viewer.PUBLIC,))
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        yield it


def plan_of(stage: Stage, route: Route, viewer: Viewer) -> Plan:
    return stage.platform.projection.plan(stage.actor(viewer), EXERCISERS[route].resource)


def values_of(stage: Stage, resource: str, column: str) -> list[str]:
    """The true value, one that is not there, nothing, and too much."""
    canary = stage.canaries[RESOURCES[resource].table].values.get(column)
    return [str(canary), "x", "", "9" * 3000]


def spellings(resource: str, plan: Plan, *, allowed: bool) -> dict[str, str]:
    """Name → column: each field as itself, and in spellings that a careless guard would take.

    The whole product of names is walked in `projection/test_guard.py`; here each field is met in
    its own spellings and one of the far-fetched. Who may do nothing at all is asked less.
    """
    rows = RESOURCES[resource].rows
    names = {name: row.column for row in rows for name in (row.field, row.column)}
    if not allowed:
        return names
    for place, row in enumerate(rows):
        column = row.column
        far_fetched = (
            f"{column}__gt",
            f"{column}[eq]",
            f".{column}",
            f"address.{column}",
            column.upper(),
            f" {column}",
            f"{column}\x00",
            f"{resource}.{column}",
        )
        names[f"{column}_key"] = names[f"{RESOURCES[resource].table}.{column}"] = column
        names[far_fetched[place % len(far_fetched)]] = column
    others = sorted({column.name for table in TABLES.values() for column in table.columns})
    names |= {name: name for name in others[plan_number(plan) :: 3]}
    return names | {"*": "id", "1": "id", "address": "city", "fields": "id", "q": "name"}


def plan_number(plan: Plan) -> int:
    """Which third of all other tables' columns this viewer tries."""
    return list(Viewer).index(plan.viewer) % 3


async def all_of(requests: Sequence[Any]) -> list[httpx.Response]:
    """The answers, many at a time, so that refusals share their commits."""
    answers: list[httpx.Response] = []
    for start in range(0, len(requests), AT_ONCE):
        answers += await asyncio.gather(*requests[start : start + AT_ONCE])
    return answers


@pytest.mark.parametrize("path", by_first(LISTS))
async def test_a_filter_that_is_not_the_viewers_is_unknown(stage: Stage, path: str) -> None:
    for viewer in by_first(LISTS)[path]:
        with case(viewer):
            await a_filter_that_is_not_the_viewers_is_unknown(stage, path, viewer)


async def a_filter_that_is_not_the_viewers_is_unknown(
    stage: Stage, path: str, viewer: Viewer
) -> None:
    address = stage.address(path)
    resource = EXERCISERS["get", path].resource
    plan = plan_of(stage, ("get", path), viewer)
    mine = parameters_of(resource, viewer)
    names = {
        name: at
        for name, at in spellings(resource, plan, allowed=bool(plan.visible)).items()
        if name not in mine
    }
    own_fields = {row.column for row in RESOURCES[resource].rows}
    asked = [
        (name, value)
        for name, column in names.items()
        for value in values_of(stage, resource, column)[: 4 if name in own_fields else 1]
    ]
    headers = stage.headers(viewer)
    unknown = comparable(await stage.client.get(address, params={NONSENSE: "x"}, headers=headers))
    assert unknown[0] == (422 if plan.visible else 403)
    answers = await all_of(
        [stage.client.get(address, params={name: value}, headers=headers) for name, value in asked]
    )
    for (name, value), answer in zip(asked, answers, strict=True):
        assert comparable(answer) == unknown, f"{name}={value[:40]} is told from {NONSENSE}"


@pytest.mark.parametrize("path", by_first(LISTS))
async def test_a_refused_name_is_refused_in_any_company(stage: Stage, path: str) -> None:
    for viewer in by_first(LISTS)[path]:
        with case(viewer):
            await a_refused_name_is_refused_in_any_company(stage, path, viewer)


async def a_refused_name_is_refused_in_any_company(stage: Stage, path: str, viewer: Viewer) -> None:
    address = stage.address(path)
    resource = EXERCISERS["get", path].resource
    headers = stage.headers(viewer)
    hidden = next(
        (
            row.column
            for row in RESOURCES[resource].rows
            if row.column not in parameters_of(resource, viewer)
        ),
        "z",
    )
    for company in ("limit=1", "limit=0", "cursor=x", "sort=name", "sort=zzz", "q=ana", "limit=x"):
        answers = [
            await stage.client.get(f"{address}?{company}&{name}=x", headers=headers)
            for name in (NONSENSE, hidden)
        ]
        assert answers[0].status_code in (422, 403)
        assert comparable(answers[0]) == comparable(answers[1])


@pytest.mark.parametrize("path", by_first(LISTS))
async def test_a_sort_key_that_is_not_the_viewers_is_unknown(stage: Stage, path: str) -> None:
    for viewer in by_first(LISTS)[path]:
        with case(viewer):
            await a_sort_key_that_is_not_the_viewers_is_unknown(stage, path, viewer)


async def a_sort_key_that_is_not_the_viewers_is_unknown(
    stage: Stage, path: str, viewer: Viewer
) -> None:
    address = stage.address(path)
    resource = EXERCISERS["get", path].resource
    plan = plan_of(stage, ("get", path), viewer)
    headers = stage.headers(viewer)
    names = set(spellings(resource, plan, allowed=bool(plan.visible))) - sort_keys_of(
        resource, viewer
    )
    asked = [direction + name for name in sorted(names) for direction in ("", "-")]
    asked += [
        "",
        "-",
        *(f"--{key}" for key in plan.sortable),
        *(f"{key}-" for key in plan.sortable),
    ]
    unknown = comparable(await stage.client.get(f"{address}?sort={NONSENSE}", headers=headers))
    assert unknown[0] == (422 if plan.visible else 403)
    answers = await all_of(
        [stage.client.get(address, params={"sort": key}, headers=headers) for key in asked]
    )
    for key, answer in zip(asked, answers, strict=True):
        assert comparable(answer) == unknown, f"sort={key} is told from {NONSENSE}"


@pytest.mark.parametrize("path", by_first(LISTS))
async def test_what_the_viewer_may_name_works(stage: Stage, path: str) -> None:
    for viewer in by_first(LISTS)[path]:
        with case(viewer):
            await what_the_viewer_may_name_works(stage, path, viewer)


async def what_the_viewer_may_name_works(stage: Stage, path: str, viewer: Viewer) -> None:
    address = stage.address(path)
    # Otherwise the tests above would hold for a service that refuses everything.
    plan = plan_of(stage, ("get", path), viewer)
    headers = stage.headers(viewer)
    for key in plan.sortable:
        answer = await stage.client.get(f"{address}?sort=-{key}", headers=headers)
        assert answer.status_code == 200
    canary = stage.canaries[RESOURCES[plan.resource].table].values
    for name, field in plan.filterable.items():
        if plan.resource == "customer" and name in ("name", "city"):
            continue  # their keys are canaries of their own, see `canaries.py`
        if name != "email" and canary[name] is None:
            continue  # nothing to ask for
        asked = canary["email"] if name == "email" else canary[name]
        answer = await stage.client.get(address, params={name: str(asked)}, headers=headers)
        assert answer.status_code == 200, f"{field}: {answer.text}"


def body_values(stage: Stage, resource: str, column: str) -> list[Any]:
    canary = stage.canaries[RESOURCES[resource].table].values.get(column)
    plain = canary if isinstance(canary, str | dict) else str(canary)
    return [plain, None, 0, [], {"a": {"b": 1}}, "x" * 5000]


@pytest.mark.parametrize("path", by_first(CHANGES))
async def test_a_member_that_is_not_the_viewers_is_unknown(stage: Stage, path: str) -> None:
    for viewer in by_first(CHANGES)[path]:
        with case(viewer):
            await a_member_that_is_not_the_viewers_is_unknown(stage, path, viewer)


async def a_member_that_is_not_the_viewers_is_unknown(
    stage: Stage, path: str, viewer: Viewer
) -> None:
    plan = plan_of(stage, ("patch", path), viewer)
    address = stage.address(path)
    headers = {**stage.headers(viewer), "If-Match": "*"}
    before = await stage.dump(without=("audit_events",))
    writable = writable_of(plan.resource, viewer)
    tops = {field.partition(".")[0] for field in writable}
    # A dotted name that the viewer may write is no secret: it is only not written like this.
    mine = tops | writable
    names = {
        name: at
        for name, at in spellings(plan.resource, plan, allowed=bool(plan.writable)).items()
        if name not in mine
    }
    own_fields = {row.column for row in RESOURCES[plan.resource].rows}

    async def send(body: Any) -> httpx.Response:
        content = json.dumps(body).encode()
        typed = {**headers, "Content-Type": "application/json"}
        return await stage.client.patch(address, content=content, headers=typed)

    wraps: list[Callable[[str, Any], Any]] = [
        lambda name, value: {name: value},
        lambda name, value: {"address": {name: value}},
    ]
    for wrap in wraps:
        nested = wrap is wraps[1]
        known = {field.partition(".")[2] for field in writable if "." in field}
        asked = [
            (name, value)
            for name, column in names.items()
            if not (nested and name in known)
            for value in body_values(stage, plan.resource, column)[
                : 6 if name in own_fields and not nested else 1
            ]
        ]
        unknown = comparable(await send(wrap(NONSENSE, "x")))
        assert unknown[0] == (422 if plan.writable else 403)
        answers = await all_of([send(wrap(name, value)) for name, value in asked])
        for (name, value), answer in zip(asked, answers, strict=True):
            assert comparable(answer) == unknown, f"{name}: {value!r:.40} is told from {NONSENSE}"
    assert await stage.dump(without=("audit_events",)) == before


@pytest.mark.parametrize("path", by_first(CHANGES))
async def test_one_refused_member_refuses_the_whole_change(stage: Stage, path: str) -> None:
    for viewer in by_first(CHANGES)[path]:
        with case(viewer):
            await one_refused_member_refuses_the_whole_change(stage, path, viewer)


async def one_refused_member_refuses_the_whole_change(
    stage: Stage, path: str, viewer: Viewer
) -> None:
    plan = plan_of(stage, ("patch", path), viewer)
    address = stage.address(path)
    headers = {**stage.headers(viewer), "If-Match": "*"}
    allowed = {field: value for field, value in FIT.items() if field in plan.writable}
    before = await stage.dump(without=("audit_events",))
    refused = [
        await stage.client.patch(address, json=allowed | {name: "x"}, headers=headers)
        for name in (NONSENSE, "closed_at", "password_hash", "id", "name_key")
    ]
    assert {answer.status_code for answer in refused} == {422 if plan.writable else 403}
    assert all(comparable(answer) == comparable(refused[0]) for answer in refused)
    assert await stage.dump(without=("audit_events",)) == before


@pytest.mark.parametrize("viewer", [Viewer.DIRECTOR, Viewer.SUPPORT, Viewer.BILLING, Viewer.SELF])
async def test_a_mask_is_never_stored(stage: Stage, viewer: Viewer) -> None:
    path = "/v1/customer/profile"
    if viewer is not Viewer.SELF:
        path = f"/v1/staff/customers/{stage.customer_id}"
    headers = {**stage.headers(viewer), "If-Match": "*"}
    before = await stage.dump(without=("audit_events",))
    for body in (
        {"tax_id": "***.982.247-**"},
        {"tax_id": "**.ABC.345/01DE-**"},
        {"email": "m***@exemplo.com.br"},
        {"phone": "****6040"},
    ):
        answer = await stage.client.patch(path, json=body, headers=headers)
        assert answer.status_code == 422, f"{body}: {answer.text}"
    assert await stage.dump(without=("audit_events",)) == before


async def test_a_registration_takes_no_hidden_member(stage: Stage) -> None:
    path = "/v1/public/registrations"
    body = {
        "kind": "person",
        "name": "Nova Cliente",
        "email": "intrusa@exemplo.com.br",
        "password": "Quatro-gatos-7-telhados!",
        "accepted_policy_version": stage.canaries["policies"].values["version"],
    }
    before = await stage.dump(without=())
    fields = {row.column for row in RESOURCES["customer"].rows}
    fields -= {*body, "phone", "tax_id", "preferences"}
    unknown = comparable(await stage.client.post(path, json={**body, NONSENSE: "x"}))
    assert unknown[0] == 422
    values: list[Any] = ["x", None, {}, "active"]
    for name in fields:
        for value in values:
            answer = await stage.client.post(path, json={**body, name: value})
            assert comparable(answer) == unknown, name
    assert await stage.dump(without=()) == before
