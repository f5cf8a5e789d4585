"""`app/services/session_notes.py`: the last use of a session is known to about a minute."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, update

from app.core.database import Database
from app.core.ids import new_id
from app.models import Session
from app.services import session_notes
from app.services.renewals import renew
from app.services.session_notes import SessionNotes
from tests.support.people import add_customer, add_staff, stranger
from tests.support.records import rows
from tests.support.service import NEVER, Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def last_use(house: Service, session: UUID) -> datetime:
    [row] = await rows(house.platform, select(Session.last_used_at).where(Session.id == session))
    used: datetime = row.last_used_at
    return used


@pytest.fixture
def notes(house: Service) -> SessionNotes:
    """Notes of another process, which writes when told."""
    return SessionNotes(house.platform.database, house.clock, NEVER)


async def test_each_use_over_http_is_written_down_at_the_next_turn(house: Service) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    before = await last_use(house, maria.session_id)
    try:
        house.clock.ahead = timedelta(minutes=7)
        for person, path in ((maria, "/v1/customer/profile"), (support, "/v1/staff/visibility")):
            assert (await house.client.get(path, headers=person.headers)).status_code == 200
        assert await last_use(house, maria.session_id) == before
        await house.platform.session_notes.flush()
        for person in (maria, support):
            used = await last_use(house, person.session_id)
            assert timedelta(minutes=7) <= used - before < timedelta(minutes=8)
    finally:
        house.clock.ahead = timedelta()


async def test_a_refresh_is_a_use(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = await last_use(house, maria.session_id)
    house.clock.ahead = timedelta(minutes=3)
    try:
        assert await renew(house.platform, maria.refresh_token, stranger("x"))
        await house.platform.session_notes.flush()
        assert await last_use(house, maria.session_id) - before >= timedelta(minutes=3)
    finally:
        house.clock.ahead = timedelta()


async def test_a_token_of_an_ended_session_is_no_use(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = await last_use(house, maria.session_id)
    await house.client.post("/v1/auth/logout", headers=maria.headers)
    house.clock.ahead = timedelta(minutes=3)
    try:
        answer = await house.client.get("/v1/customer/profile", headers=maria.headers)
        assert answer.status_code == 401
        await house.platform.session_notes.flush()
        assert await last_use(house, maria.session_id) == before
    finally:
        house.clock.ahead = timedelta()


async def test_many_are_written_in_one_transaction_and_nothing_is_written_for_nothing(
    house: Service, notes: SessionNotes
) -> None:
    people = [await add_customer(house.platform) for _ in range(20)]
    begun: list[Any] = []
    engine = house.platform.database.engine.sync_engine

    def note(connection: Any) -> None:
        begun.append(connection)

    event.listen(engine, "begin", note)
    try:
        await notes.flush()
        assert begun == []
        house.clock.ahead = timedelta(minutes=1)
        for person in people:
            for _ in range(3):
                notes.used(person.session_id)
        notes.used(new_id())  # one that is not there
        await notes.flush()
        await notes.flush()
        assert len(begun) == 1
    finally:
        event.remove(engine, "begin", note)
        house.clock.ahead = timedelta()
    uses = {await last_use(house, person.session_id) for person in people}
    assert max(uses) > house.clock()


async def test_an_older_note_does_not_undo_a_newer_one(house: Service, notes: SessionNotes) -> None:
    maria = await add_customer(house.platform)
    notes.used(maria.session_id)
    later = house.clock() + timedelta(seconds=30)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Session).where(Session.id == maria.session_id).values(last_used_at=later)
        )
    await notes.flush()
    assert await last_use(house, maria.session_id) == later


async def test_a_row_that_somebody_holds_is_passed_over(house: Service) -> None:
    if not house.platform.database.is_postgresql:
        pytest.skip("writers on SQLite wait for each other by nature")
    maria, joao = await add_customer(house.platform), await add_customer(house.platform)
    notes = SessionNotes(house.platform.database, house.clock, NEVER)
    before = await last_use(house, maria.session_id)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            select(Session.id).where(Session.id == maria.session_id).with_for_update()
        )
        for person in (maria, joao):
            notes.used(person.session_id)
        async with asyncio.timeout(5):
            await notes.flush()
    assert await last_use(house, maria.session_id) == before
    assert await last_use(house, joao.session_id) > before
    await notes.close()


async def test_while_the_database_is_away_notes_wait(
    house: Service, notes: SessionNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = await add_customer(house.platform)
    before = await last_use(house, maria.session_id)
    notes.used(maria.session_id)

    def away(_: Database) -> Any:
        raise OSError("no route")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", away)
        await notes.flush()
    assert await last_use(house, maria.session_id) == before
    await notes.close()
    assert await last_use(house, maria.session_id) > before


async def test_it_writes_by_itself_as_long_as_there_is_something(house: Service) -> None:
    maria = await add_customer(house.platform)
    notes = SessionNotes(house.platform.database, house.clock, 0.01)
    for _ in range(2):
        before = await last_use(house, maria.session_id)
        notes.used(maria.session_id)
        assert notes._writer is not None
        async with asyncio.timeout(10):
            await notes._writer  # it does not go on for nothing
        assert await last_use(house, maria.session_id) > before
    await notes.close()


async def test_notes_are_bounded(
    house: Service, notes: SessionNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_notes, "MOST", 3)
    for _ in range(10):
        notes.used(new_id())
    assert len(notes._used) == 3
    await notes.close()
    assert notes._used == {}
