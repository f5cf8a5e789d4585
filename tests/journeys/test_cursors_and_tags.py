"""Cursors and entity tags belong to a viewer and an account, and carry nothing that is hidden."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.access.viewers import STAFF_ROLES, Viewer
from app.access.visibility import RESOURCES
from app.projection.plans import Plan
from tests.support.people import CustomerPerson, add_customer, change_columns
from tests.support.stage import Stage, raw, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = "/v1/staff/customers"
CALLERS = (Viewer.SELF, *STAFF_ROLES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        for place in range(9):
            await add_customer(
                it.platform,
                name=f"{'ABC'[place % 3]} Souza",
                city=("Campinas", "Santos")[place % 2],
                created_at=it.platform.clock() - timedelta(days=place % 4),
                marketing=True,
            )
        yield it


def plan_of(stage: Stage, viewer: Viewer) -> Plan:
    return stage.platform.projection.plan(stage.actor(viewer), "customer")


async def first_cursor(stage: Stage, viewer: Viewer, query: str = "") -> str:
    answer = await stage.client.get(f"{LIST}?limit=2&{query}", headers=stage.headers(viewer))
    cursor = answer.json()["next_cursor"]
    assert isinstance(cursor, str)
    return cursor


async def goes_on(
    stage: Stage, viewer: Viewer, cursor: str, query: str = "", **headers: str
) -> bool:
    asked = f"{LIST}?cursor={cursor}&{query}".rstrip("&")
    answer = await stage.client.get(asked, headers=stage.headers(viewer) | headers)
    if answer.status_code == 200:
        return True
    assert answer.json()["code"] == "invalid_cursor", answer.text
    assert len(cursor) < 12 or cursor[:12] not in answer.text
    return False


@pytest.mark.parametrize("viewer", STAFF_ROLES)
async def test_a_cursor_belongs_to_its_viewer(stage: Stage, viewer: Viewer) -> None:
    cursor = await first_cursor(stage, viewer, "sort=name")
    for other in STAFF_ROLES:
        assert await goes_on(stage, other, cursor, "sort=name") == (other is viewer)


async def test_a_cursor_belongs_to_its_question(stage: Stage) -> None:
    cursor = await first_cursor(stage, Viewer.DIRECTOR, "sort=name&q=souza")
    same = "sort=name&q=souza"
    assert await goes_on(stage, Viewer.DIRECTOR, cursor, same)
    assert await goes_on(stage, Viewer.DIRECTOR, cursor, same + "&limit=7")
    for other in (
        "",
        "sort=name",
        "q=souza",
        "sort=-name&q=souza",
        "sort=city&q=souza",
        "sort=name&q=souz",
        "sort=name&q=souza&city=Campinas",
        "sort=name&city=Campinas",
        "sort=name&q=souza&status=active",
    ):
        assert not await goes_on(stage, Viewer.DIRECTOR, cursor, other), other
    purpose = {"X-Purpose": "incident_response"}
    assert not await goes_on(stage, Viewer.DIRECTOR, cursor, same, **purpose)


async def test_a_cursor_belongs_to_its_resource(stage: Stage) -> None:
    cursor = await first_cursor(stage, Viewer.PRIVACY_OFFICER)
    answer = await stage.client.get(
        f"/v1/staff/audit-events?cursor={cursor}", headers=stage.headers(Viewer.PRIVACY_OFFICER)
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_cursor_belongs_to_its_account(stage: Stage) -> None:
    support = stage.headers(Viewer.SUPPORT)
    for _ in range(3):
        for customer in (stage.customer_id, stage.other.id):
            await stage.client.get(f"{LIST}/{customer}", headers=support)
    log = "/v1/customer/access-log"
    seen = await stage.client.get(f"{log}?limit=1", headers=stage.owner)
    cursor = seen.json()["next_cursor"]
    assert cursor
    mine = await stage.client.get(f"{log}?limit=1&cursor={cursor}", headers=stage.owner)
    # The same login, for another of its accounts.
    other = await stage.client.get(f"{log}?limit=1&cursor={cursor}", headers=stage.other.headers)
    assert mine.status_code == 200
    assert (other.status_code, other.json()["code"]) == (422, "invalid_cursor")


async def test_a_touched_cursor_is_none(stage: Stage) -> None:
    cursor = await first_cursor(stage, Viewer.SUPPORT, "sort=-created_at")
    touched = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in range(0, len(cursor), 5)
    ]
    for text in [*touched, cursor[:-1], cursor + "A", cursor[::-1], "x", "x" * 5000]:
        assert not await goes_on(stage, Viewer.SUPPORT, text, "sort=-created_at")


@pytest.mark.parametrize("viewer", STAFF_ROLES)
async def test_pages_put_together_are_the_whole(stage: Stage, viewer: Viewer) -> None:
    plan = plan_of(stage, viewer)
    for sort in [direction + key for key in plan.sortable for direction in ("", "-")]:
        found: list[str] = []
        cursor = ""
        headers = stage.headers(viewer)
        while True:
            query = f"q=souza&sort={sort}&limit=2" + (f"&cursor={cursor}" if cursor else "")
            answer = await stage.client.get(f"{LIST}?{query}", headers=headers)
            for canary in stage.canaries.values():
                assert not any(canary.found(column, raw(answer)) for column in canary.traces)
            found += [item["id"] for item in answer.json()["items"]]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                break
        whole = await stage.client.get(f"{LIST}?q=souza&sort={sort}", headers=headers)
        assert found == [item["id"] for item in whole.json()["items"]]
        assert len(set(found)) == len(found) == 9


async def tag_of(stage: Stage, viewer: Viewer, person: CustomerPerson) -> str:
    if viewer is Viewer.SELF:
        answer = await stage.client.get("/v1/customer/profile", headers=person.headers)
    else:
        answer = await stage.client.get(f"{LIST}/{person.id}", headers=stage.headers(viewer))
    return answer.headers["etag"]


async def test_each_viewer_has_a_tag_of_its_own(stage: Stage) -> None:
    tags = {viewer: await tag_of(stage, viewer, stage.other) for viewer in CALLERS}
    assert len(set(tags.values())) == len(CALLERS)
    address = f"{LIST}/{stage.other.id}"
    for viewer in (Viewer.DIRECTOR, Viewer.SUPPORT, Viewer.BILLING):
        own = {"phone": "(11) 91234-5678"} if viewer is Viewer.SUPPORT else {}
        body = own or {"tax_id": stage.other.row["tax_id"]}
        for other in CALLERS:
            if other is viewer:
                continue
            headers = stage.headers(viewer) | {"If-Match": tags[other]}
            answer = await stage.client.patch(address, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
        weak = stage.headers(viewer) | {"If-Match": f"W/{tags[viewer]}"}
        assert (await stage.client.patch(address, json=body, headers=weak)).status_code == 412


# Another value for each column, one that changes its mask too.
OTHER_VALUES: dict[str, Any] = {
    "kind": "company",
    "status": "suspended",
    "email": "zoraide@outro.com.br",
    "phone": "+5521998887777",
    "tax_id": "52998224725",
    "state": "RJ",
    "postal_code": "20040002",
    "preferences": {"language": "en"},
}
NOT_CHANGED = {"id", "closed_at"}


@pytest.mark.parametrize("column", [row.column for row in RESOURCES["customer"].rows])
async def test_a_hidden_change_changes_no_tag(stage: Stage, column: str) -> None:
    if column in NOT_CHANGED:
        return  # the one names the record, the other comes with a status that everybody sees
    person = await add_customer(stage.platform, name="Etiqueta Visivel", marketing=True)
    before = {viewer: await tag_of(stage, viewer, person) for viewer in CALLERS}
    value = OTHER_VALUES.get(column, "Valor Novo")
    if column in ("created_at", "last_login_at"):
        value = stage.platform.clock() - timedelta(days=700)
    await change_columns(stage.platform, person.id, **{column: value})
    field = next(row.field for row in RESOURCES["customer"].rows if row.column == column)
    for viewer in CALLERS:
        changed = await tag_of(stage, viewer, person) != before[viewer]
        assert changed == (field in plan_of(stage, viewer).visible), viewer


@pytest.mark.parametrize(
    ("column", "value", "viewer"),
    [
        ("email", "c-outra-pessoa@exemplo.com.br", Viewer.PRIVACY_OFFICER),
        ("phone", "+5521999990001", Viewer.PRODUCTION),
        ("tax_id", "99900000199", Viewer.SUPPORT),
    ],
)
async def test_a_change_behind_the_mask_changes_no_tag(
    stage: Stage, column: str, value: str, viewer: Viewer
) -> None:
    start = {"email": "cliente@exemplo.com.br", "phone": "+5511988880001", "tax_id": "11100000122"}
    person = await add_customer(stage.platform)
    await change_columns(stage.platform, person.id, **{column: start[column]})
    before = await tag_of(stage, viewer, person)
    await change_columns(stage.platform, person.id, **{column: value})
    assert await tag_of(stage, viewer, person) == before


async def test_of_two_changes_from_one_tag_the_second_is_stale(stage: Stage) -> None:
    person = await add_customer(stage.platform)
    headers = stage.headers(Viewer.SUPPORT)
    headers["If-Match"] = await tag_of(stage, Viewer.SUPPORT, person)
    answers = await asyncio.gather(
        *(
            stage.client.patch(
                f"{LIST}/{person.id}", json={"attention_note": f"Nota {place}"}, headers=headers
            )
            for place in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
