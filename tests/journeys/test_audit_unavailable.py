"""When nothing can be put on record, nothing is revealed, refused or changed: 503, everywhere."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.viewers import Viewer
from tests.support.each import case
from tests.support.exercisers import EXERCISERS, INSIDERS, door_of
from tests.support.exercising import Route, nothing
from tests.support.stage import Stage, raw, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

INSIDE = {
    route: INSIDERS.get(door_of(route), (Viewer.PUBLIC,))
    for route, entry in EXERCISERS.items()
    # What is published to everybody leaves nothing to record.
    if door_of(route) != "public" or entry.resource not in {"policy", "purpose", "agency"}
}
LOG = ("audit_events", "audit_subjects")
APPEND_ONLY = ("audit_events", "audit_subjects", "audit_seals")


async def run(stage: Stage, *statements: str) -> None:
    async with stage.platform.database.transaction() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def take_away(stage: Stage) -> None:
    await run(stage, "ALTER TABLE audit_events RENAME TO audit_events_away")


async def bring_back(stage: Stage) -> None:
    await run(stage, "ALTER TABLE audit_events_away RENAME TO audit_events")


async def refuse_rows(stage: Stage) -> None:
    """A trigger that raises on each insert: a full disk, a lost privilege, a read-only replica."""
    if stage.platform.database.is_postgresql:
        await run(
            stage,
            "CREATE FUNCTION no_rows() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no'; END $$",
            "CREATE TRIGGER no_rows BEFORE INSERT ON audit_events "
            "FOR EACH STATEMENT EXECUTE FUNCTION no_rows()",
        )
    else:
        await run(
            stage,
            "CREATE TRIGGER no_rows BEFORE INSERT ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'no'); END",
        )


async def take_rows(stage: Stage) -> None:
    if stage.platform.database.is_postgresql:
        await run(stage, "DROP TRIGGER no_rows ON audit_events", "DROP FUNCTION no_rows()")
    else:
        await run(stage, "DROP TRIGGER no_rows")


Break = Callable[[Stage], Awaitable[None]]
BREAKAGES: dict[str, tuple[Break, Break]] = {
    "table gone": (take_away, bring_back),
    "rows refused": (refuse_rows, take_rows),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BREAKAGES)
async def stage(request: pytest.FixtureRequest, whole_stage: Stage) -> AsyncIterator[Stage]:
    broken, mended = BREAKAGES[request.param]
    await broken(whole_stage)
    try:
        yield whole_stage
    finally:
        await mended(whole_stage)
    # Once mended, the same process serves again.
    address = f"/v1/staff/customers/{whole_stage.customer_id}"
    headers = whole_stage.headers(Viewer.SUPPORT)
    answer = await whole_stage.client.get(address, headers=headers)
    assert answer.status_code == 200
    assert len(await whole_stage.events(answer)) == 1


@pytest.mark.parametrize("route", INSIDE, ids=" ".join)
async def test_nothing_is_revealed_or_changed(stage: Stage, route: Route) -> None:
    before = await stage.dump(without=LOG)
    for viewer in INSIDE[route]:
        with case(viewer):
            if EXERCISERS[route].prepare is not nothing:
                await EXERCISERS[route].prepare(stage)
                before = await stage.dump(without=LOG)
            await demand_nothing(stage, route, viewer)
    assert await stage.dump(without=LOG) == before


async def demand_nothing(stage: Stage, route: Route, viewer: Viewer) -> None:
    answer = await EXERCISERS[route].send(stage, viewer, stage.headers(viewer))
    if route[0] == "patch" and answer.status_code == 412:
        # The exerciser could not read the tag it needs: change without it.
        headers = stage.headers(viewer) | {"If-Match": "*"}
        address = route[1].replace("{customer_id}", str(stage.customer_id))
        body = {"phone": "(11) 91234-5678"} if viewer is Viewer.SUPPORT else {"name": "Outro Nome"}
        if viewer is Viewer.BILLING:
            body = {"tax_id": "529.982.247-25"}
        answer = await stage.client.patch(address, json=body, headers=headers)
    assert answer.status_code == 503, answer.text
    # Who reads the log itself is told so by the log that is not there.
    expected = {"audit_unavailable"}
    if EXERCISERS[route].resource == "audit_event":
        expected.add("database_unavailable")
    assert answer.json()["code"] in expected
    assert "retry-after" in answer.headers
    everything = raw(answer)
    for canary in stage.canaries.values():
        for column in canary.traces:
            assert not canary.found(column, everything), f"{canary.table}.{column}"


async def test_a_refused_name_is_not_answered_either(stage: Stage) -> None:
    for query in ("closed_at=1", "inexistente=1", "sort=zzz"):
        answer = await stage.client.get(
            f"/v1/staff/customers?{query}", headers=stage.headers(Viewer.SUPPORT)
        )
        assert answer.json()["code"] == "audit_unavailable"


async def test_nobody_signs_in(stage: Stage) -> None:
    person = stage.staff[Viewer.SUPPORT]
    before = await stage.dump(without=LOG)
    for password in (person.password, "errada"):
        answer = await stage.client.post(
            "/v1/auth/staff/token",
            data={"username": person.email, "password": password, "totp": person.code()},
        )
        assert answer.json()["code"] == "audit_unavailable"
        answer = await stage.client.post(
            "/v1/auth/customer/token",
            data={"username": stage.other.email, "password": password},
        )
        assert answer.json()["code"] == "audit_unavailable"
    answer = await stage.client.post(
        "/v1/auth/refresh", json={"refresh_token": stage.other.refresh_token}
    )
    assert answer.json()["code"] == "audit_unavailable"
    assert await stage.dump(without=LOG) == before


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_the_log_cannot_be_changed(whole_stage: Stage, table: str) -> None:
    key = {"audit_events": "id", "audit_subjects": "event_id", "audit_seals": "number"}[table]
    before = await whole_stage.dump(without=())
    assert before[table]
    attempts = [f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"]  # noqa: S608  # ours
    if whole_stage.platform.database.is_postgresql:
        attempts += [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    for attempt in attempts:
        with pytest.raises(DBAPIError, match="append-only"):
            await run(whole_stage, attempt)
    assert await whole_stage.dump(without=()) == before
