"""Every reveal and every refusal is on record before it is answered: neither more nor less.

Walked over every route that shows records and every kind of caller; see `support/exercisers.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from app.access.permissions import may
from app.access.purposes import EVERY_PURPOSE, PURPOSES
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES, Viewer
from app.access.visibility import RESOURCES
from tests.support.each import by_first, case
from tests.support.exercisers import EXERCISERS, INSIDERS, door_of, shown_to
from tests.support.exercising import Route
from tests.support.people import PASSWORD, REASON
from tests.support.stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

INSIDE = [
    (route, viewer)
    for route in EXERCISERS
    for viewer in INSIDERS.get(door_of(route), (Viewer.PUBLIC,))
]
LET_IN = [(route, viewer) for route, viewer in INSIDE if may(viewer, EXERCISERS[route].permission)]
TURNED_AWAY = [case for case in INSIDE if case not in LET_IN]
LONE_READS = [
    (route, viewer)
    for route, viewer in LET_IN
    if route[0] == "get" and door_of(route) != "public"  # changes commit with their rows
]
STAFF_ROUTES = [route for route in EXERCISERS if door_of(route) == "staff"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        yield it


def holder(stage: Stage, route: Route, viewer: Viewer) -> dict[str, Any]:
    """Who must stand on the record."""
    said: dict[str, Any] = {
        "role": shown_to(route, viewer),
        "policy_hash": stage.platform.projection.hash,
    }
    said |= {"purpose": PURPOSES[said["role"]][0], "outcome": "allowed", "reason": None}
    if viewer in stage.staff:
        person = stage.staff[viewer]
        said |= {"actor_id": person.id, "session_id": person.session_id, "actor_kind": "staff"}
        said["reason"] = (
            REASON if viewer in MUST_GIVE_REASON or EXERCISERS[route].reasoned else None
        )
    elif viewer is Viewer.SELF:
        said |= {"actor_id": stage.other.login_id, "actor_kind": "login"}
    elif viewer is Viewer.AUTHORITY:
        said |= {"actor_id": stage.officer.id, "actor_kind": "officer"}
    return said


@pytest.mark.parametrize("route", by_first(LET_IN), ids=" ".join)
async def test_an_answer_leaves_exactly_its_rows(stage: Stage, route: Route) -> None:
    for viewer in by_first(LET_IN)[route]:
        with case(viewer):
            await an_answer_leaves_exactly_its_rows(stage, route, viewer)


async def an_answer_leaves_exactly_its_rows(stage: Stage, route: Route, viewer: Viewer) -> None:
    entry = EXERCISERS[route]
    answer = await entry.exercise(stage, viewer)
    assert answer.status_code in (200, 201), answer.text
    records = entry.records(answer.json())
    plan = stage.platform.projection.plan(stage.actor(shown_to(route, viewer)), entry.resource)
    events = [row for row in await stage.events(answer) if row["action"] != entry.followed]
    written = [(row["action"], frozenset(row["fields"]), row["rows"]) for row in events]
    assert sorted(written, key=str) == sorted(entry.expected(entry, plan, len(records)), key=str)
    for row in events:
        assert row["subject_type"] == entry.resource
        for column, value in holder(stage, route, viewer).items():
            assert row[column] == value, column
    if not entry.is_list:
        shown = {str(record["id"]) for record in records if "id" in record}
        expected = shown or {"None"}  # an acceptance has no id of its own
        assert all({str(row["subject_id"])} == expected for row in events)
    elif entry.resource == "customer":
        (row,) = events
        listed = {str(subject) for subject in await stage.subjects(row["id"])}
        assert listed == {record["id"] for record in records}
    for row in events:
        content = repr(row).encode()
        for column in stage.canaries["customers"].traces:
            assert not stage.canaries["customers"].found(column, content), column


@pytest.mark.parametrize("route", by_first(TURNED_AWAY), ids=" ".join)
async def test_a_missing_permission_is_on_record(stage: Stage, route: Route) -> None:
    for viewer in by_first(TURNED_AWAY)[route]:
        with case(viewer):
            await a_missing_permission_is_on_record(stage, route, viewer)


async def a_missing_permission_is_on_record(stage: Stage, route: Route, viewer: Viewer) -> None:
    entry = EXERCISERS[route]
    answer = await entry.exercise(stage, viewer)
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    (row,) = await stage.events(answer)
    expected = {"action": entry.permission, "fields": (), "rows": 0, "outcome": "refused"}
    for column, value in (holder(stage, route, viewer) | expected).items():
        assert row[column] == value, column


@pytest.mark.parametrize("viewer", STAFF_ROLES)
async def test_a_refused_name_is_on_record_by_our_own_names_only(
    stage: Stage, viewer: Viewer
) -> None:
    own = {row.field for row in RESOURCES["customer"].rows}
    for query, known in (
        ("closed_at=1&name_key=x&maria@exemplo.com.br=1", {"closed_at", "name_key"}),
        ("52998224725=x", set()),
        ("sort=attention_note", {"attention_note"}),
        ("sort=maria@exemplo.com.br", set()),
        ("street=x", {"address.street"}),
    ):
        answer = await stage.client.get(
            f"/v1/staff/customers?{query}", headers=stage.headers(viewer)
        )
        assert answer.status_code == 422
        (row,) = await stage.events(answer)
        assert (row["outcome"], row["action"]) == ("refused", "staff:customer:list")
        assert set(row["fields"]) == known
        assert set(row["fields"]) <= own


@pytest.mark.parametrize("route", STAFF_ROUTES, ids=" ".join)
async def test_without_a_reason_an_engineer_is_shown_nothing(stage: Stage, route: Route) -> None:
    for viewer in sorted(MUST_GIVE_REASON):
        for reason in (None, "", "abc", "    a    ", "x" * 501, "\x7f" * 8):
            with case(viewer, ascii(reason)):
                await without_a_reason_nothing_is_shown(stage, route, viewer, reason)


async def without_a_reason_nothing_is_shown(
    stage: Stage, route: Route, viewer: Viewer, reason: str | None
) -> None:
    entry = EXERCISERS[route]
    headers = {k: v for k, v in stage.headers(viewer).items() if k != "X-Reason"}
    if reason is not None:
        headers["X-Reason"] = reason
    answer = await entry.exercise(stage, viewer, headers)
    allowed = may(viewer, entry.permission)
    assert answer.json()["code"] == ("reason_required" if allowed else "forbidden")
    (row,) = await stage.events(answer)
    assert (row["outcome"], row["reason"], row["rows"]) == ("refused", None, 0)


@pytest.mark.parametrize("route", STAFF_ROUTES, ids=" ".join)
async def test_only_the_viewers_own_purposes_open_anything(stage: Stage, route: Route) -> None:
    for viewer in STAFF_ROLES:
        if may(viewer, EXERCISERS[route].permission):
            with case(viewer):
                await only_ones_own_purposes_open_it(stage, route, viewer)


async def only_ones_own_purposes_open_it(stage: Stage, route: Route, viewer: Viewer) -> None:
    entry = EXERCISERS[route]
    for purpose in sorted(EVERY_PURPOSE | {"", "maria@exemplo.com.br", "x" * 90, "Billing"}):
        headers = stage.headers(viewer) | {"X-Purpose": purpose}
        answer = await entry.exercise(stage, viewer, headers)
        rows = await stage.events(answer)
        if purpose in PURPOSES[viewer]:
            assert answer.status_code in (200, 201)
            assert {row["purpose"] for row in rows} == {purpose}
        else:
            assert answer.status_code == 403, purpose
            assert answer.json()["code"] == "purpose_not_allowed"
            (row,) = rows
            # What was said stands on record only if it is one of our own words.
            assert row["purpose"] == (purpose if purpose in EVERY_PURPOSE else None)
            assert (row["outcome"], row["rows"], row["fields"]) == ("refused", 0, ())


async def test_a_foreign_purpose_opens_no_view_of_the_matrix(stage: Stage) -> None:
    for viewer in STAFF_ROLES:
        headers = stage.headers(viewer) | {"X-Purpose": "own_account"}
        answer = await stage.client.get("/v1/staff/visibility", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "purpose_not_allowed")
        (row,) = await stage.events(answer)
        assert (row["outcome"], row["action"]) == ("refused", "staff:visibility:read")


async def test_a_customer_who_is_not_there_is_asked_for_on_record(stage: Stage) -> None:
    nobody = "01a19467-e800-7e96-9097-3b43b5d82b45"
    support = stage.headers(Viewer.SUPPORT)
    missing = await stage.client.get(f"/v1/staff/customers/{nobody}", headers=support)
    hidden = await stage.client.get(
        f"/v1/staff/customers/{stage.closed.values['id']}", headers=support
    )
    assert missing.status_code == hidden.status_code == 404
    assert missing.content == hidden.content
    for answer, subject in ((missing, nobody), (hidden, str(stage.closed.values["id"]))):
        (row,) = await stage.events(answer)
        assert (row["outcome"], row["fields"], row["rows"]) == ("not_found", (), 0)
        assert str(row["subject_id"]) == subject


async def test_an_answer_given_once_more_is_on_record_once_more(stage: Stage) -> None:
    body = {
        "kind": "person",
        "name": "Duas Vezes",
        "email": "duas-vezes@exemplo.com.br",
        "password": PASSWORD,
        "accepted_policy_version": stage.canaries["policies"].values["version"],
    }
    headers = {"Idempotency-Key": "duas-vezes-1"}
    answers = [
        await stage.client.post("/v1/public/registrations", json=body, headers=headers)
        for _ in range(2)
    ]
    assert answers[0].status_code == answers[1].status_code == 201
    assert answers[0].content == answers[1].content
    first, second = [await stage.events(answer) for answer in answers]
    assert len(first) == len(second) == 1
    for column in ("action", "subject_id", "fields", "rows", "outcome"):
        assert first[0][column] == second[0][column]
    # The first opened the account; the second has shown nobody who it is.
    assert (first[0]["actor_kind"], second[0]["actor_kind"]) == ("login", "anonymous")


@pytest.mark.parametrize("route", by_first(LONE_READS), ids=" ".join)
async def test_no_answer_leaves_before_its_row_is_durable(stage: Stage, route: Route) -> None:
    for viewer in by_first(LONE_READS)[route]:
        with case(viewer):
            await no_answer_leaves_before_its_row_is_durable(stage, route, viewer)


async def no_answer_leaves_before_its_row_is_durable(
    stage: Stage, route: Route, viewer: Viewer
) -> None:
    await EXERCISERS[route].prepare(stage)
    write = stage.platform.audit._sink.write
    waiting, gate = asyncio.Event(), asyncio.Event()

    async def held(events: Any, subjects: Any) -> None:
        waiting.set()
        await gate.wait()
        await write(events, subjects)

    stage.platform.audit._sink.write = held  # type: ignore[method-assign]  # a gate, not a mock
    try:
        asked = asyncio.create_task(EXERCISERS[route].send(stage, viewer, stage.headers(viewer)))
        await asyncio.wait_for(waiting.wait(), 10)
        assert not (await asyncio.wait({asked}, timeout=0.02))[0]
        gate.set()
        assert (await asked).status_code == 200
    finally:
        gate.set()
        stage.platform.audit._sink.write = write  # type: ignore[method-assign]  # as it was


async def test_requests_of_one_moment_share_a_commit(stage: Stage) -> None:
    count, audit = 100, stage.platform.audit
    write = audit._sink.write
    groups: list[int] = []

    async def counted(events: Any, subjects: Any) -> None:
        if not groups:  # the first is held up until all others wait behind it
            async with asyncio.timeout(20):
                while len(audit._gathering._waiting) < count - len(events):  # noqa: ASYNC110  # no event tells
                    await asyncio.sleep(0.001)
        groups.append(len(events))
        await write(events, subjects)

    audit._sink.write = counted  # type: ignore[method-assign]  # a gate, not a mock
    try:
        address = f"/v1/staff/customers/{stage.customer_id}"
        headers = stage.headers(Viewer.SUPPORT)
        answers = await asyncio.gather(
            *(stage.client.get(address, headers=headers) for _ in range(count))
        )
    finally:
        audit._sink.write = write  # type: ignore[method-assign]  # as it was
    assert [answer.status_code for answer in answers] == [200] * count
    assert len(groups) == 2
    assert sum(groups) == count
    for answer in answers:
        assert len(await stage.events(answer)) == 1
    if stage.platform.database.is_postgresql:
        async with stage.platform.database.transaction() as connection:
            ids = [answer.headers["x-request-id"] for answer in answers]
            commits = await connection.execute(
                text(
                    "SELECT count(DISTINCT xmin::text) FROM audit_events WHERE request_id = ANY(:i)"
                ),
                {"i": ids},
            )
            assert commits.scalar_one() == 2


async def test_the_log_holds_the_same_request_id_as_the_record(stage: Stage) -> None:
    stage.log.seek(0)
    stage.log.truncate()
    headers = stage.headers(Viewer.SUPPORT) | {"X-Request-ID": "nosso-pedido-4711"}
    answer: httpx.Response = await stage.client.get("/v1/staff/customers", headers=headers)
    assert answer.headers["x-request-id"] == "nosso-pedido-4711"
    assert len(await stage.events(answer)) == 1
    assert b'"request_id":"nosso-pedido-4711"' in stage.log.getvalue()
