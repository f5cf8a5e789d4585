"""`app/services/session_watch.py`: who may still act, asked at most twice a second."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.access.viewers import Viewer
from app.core.database import Database
from app.core.errors import Failure
from app.core.ids import new_id
from app.core.statements import Prepared
from app.models import Base, Login, Membership, Session, StaffMember
from app.services.session_watch import FRESH_SECONDS, LiveSession, SessionWatch
from tests.support.people import add_customer, add_staff, change_columns
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Watched:
    """A watch with a hand-moved stopwatch, and how often it asked the database."""

    watch: SessionWatch
    seconds: float = 100.0
    asked: int = 0


@pytest.fixture
def watched(house: Service, monkeypatch: pytest.MonkeyPatch) -> Watched:
    database = house.platform.database
    found = Watched(SessionWatch(database, house.clock, lambda: found.seconds))
    fetch = Database.fetch

    async def counted(self: Database, statement: Prepared, values: Mapping[str, Any]) -> Any:
        found.asked += 1
        return await fetch(self, statement, values)

    monkeypatch.setattr(Database, "fetch", counted)
    return found


async def change(house: Service, model: type[Base], row_id: Any, **columns: Any) -> None:
    table: Any = model
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(model).where(table.id == row_id).values(**columns))


async def test_a_staff_session_says_who_and_in_which_role(house: Service, watched: Watched) -> None:
    billing = await add_staff(house.platform, "billing")
    live = await watched.watch.staff(billing.session_id)
    assert live == LiveSession(billing.session_id, "staff", Viewer.BILLING, billing.id, None, ())
    assert await watched.watch.customer(new_id()) is None


async def test_a_customer_session_says_for_which_account(house: Service, watched: Watched) -> None:
    maria = await add_customer(house.platform)
    live = await watched.watch.customer(maria.session_id)
    assert live == LiveSession(
        maria.session_id, "customer", Viewer.SELF, maria.login_id, maria.id, ("owner",)
    )


async def test_each_door_knows_its_own_sessions_only(house: Service, watched: Watched) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    assert await watched.watch.staff(maria.session_id) is None
    assert await watched.watch.customer(support.session_id) is None
    assert await watched.watch.staff(new_id()) is None


async def test_an_answer_is_remembered_for_half_a_second(house: Service, watched: Watched) -> None:
    support = await add_staff(house.platform, "support")
    await watched.watch.staff(support.session_id)
    await change(house, StaffMember, support.id, status="disabled")
    watched.seconds += FRESH_SECONDS
    assert await watched.watch.staff(support.session_id) is not None
    assert watched.asked == 1
    watched.seconds += 0.001
    assert await watched.watch.staff(support.session_id) is None
    assert watched.asked == 2


async def test_what_was_changed_here_is_asked_at_once(house: Service, watched: Watched) -> None:
    support = await add_staff(house.platform, "support")
    await watched.watch.staff(support.session_id)
    await change(house, Session, support.session_id, ended_at=house.clock(), end_reason="test")
    watched.watch.forget(support.session_id)
    assert await watched.watch.staff(support.session_id) is None


async def test_a_burst_of_requests_asks_once(house: Service, watched: Watched) -> None:
    support = await add_staff(house.platform, "support")
    found = await asyncio.gather(*(watched.watch.staff(support.session_id) for _ in range(20)))
    assert {live.holder for live in found if live} == {support.id}
    assert len(found) == 20
    assert watched.asked == 1


async def test_those_who_ask_at_the_same_moment_share_a_query_and_are_told_their_own(
    house: Service, watched: Watched
) -> None:
    people = [await add_customer(house.platform) for _ in range(6)]
    ended, stranger = people[-1], new_id()
    await change(house, Session, ended.session_id, ended_at=house.clock(), end_reason="test")
    asked = [person.session_id for person in people]
    found = await asyncio.gather(*map(watched.watch.customer, [*asked, stranger]))
    holders = [live and (live.id, live.holder, live.customer_id) for live in found]
    living = [(each.session_id, each.login_id, each.id) for each in people[:-1]]
    assert holders == [*living, None, None]
    assert watched.asked == 1 or not house.platform.database.is_postgresql


async def test_a_caller_who_leaves_does_not_take_the_answer_along(
    house: Service, watched: Watched
) -> None:
    support = await add_staff(house.platform, "support")
    leaving = asyncio.create_task(watched.watch.staff(support.session_id))
    staying = asyncio.create_task(watched.watch.staff(support.session_id))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying is not None


async def test_a_question_that_failed_is_not_remembered(
    house: Service, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    support = await add_staff(house.platform, "support")

    async def unreachable(*_: object) -> None:
        raise Failure("database_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "fetch", unreachable)
        with pytest.raises(Failure):
            await watched.watch.staff(support.session_id)
    assert await watched.watch.staff(support.session_id) is not None


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (StaffMember, {"status": "disabled"}),
        (StaffMember, {"role": "no_role_of_ours"}),
        (Session, {"ended_at": "now", "end_reason": "test"}),
    ],
)
async def test_staff_who_may_no_longer_act(
    house: Service, watched: Watched, model: type[Base], columns: dict[str, Any]
) -> None:
    support = await add_staff(house.platform, "support")
    row = support.id if model is StaffMember else support.session_id
    await change(house, model, row, **_timed(house, columns))
    assert await watched.watch.staff(support.session_id) is None
    async with house.platform.database.driven() as transaction:
        assert await watched.watch.ask_within(transaction, support.session_id) is None


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Login, {"status": "disabled"}),
        (Session, {"ended_at": "now", "end_reason": "test"}),
        (Membership, {"revoked_at": "now"}),
    ],
)
async def test_customers_who_may_no_longer_act(
    house: Service, watched: Watched, model: type[Base], columns: dict[str, Any]
) -> None:
    maria = await add_customer(house.platform)
    values = _timed(house, columns)
    if model is Membership:
        async with house.platform.database.transaction() as connection:
            await connection.execute(
                update(Membership).where(Membership.login_id == maria.login_id).values(**values)
            )
    else:
        await change(house, model, maria.login_id if model is Login else maria.session_id, **values)
    assert await watched.watch.customer(maria.session_id) is None
    async with house.platform.database.driven() as transaction:
        assert await watched.watch.ask_within(transaction, maria.session_id) is None


async def test_an_erased_account_has_no_session_and_a_closed_one_has(
    house: Service, watched: Watched
) -> None:
    maria = await add_customer(house.platform)
    await change_columns(house.platform, maria.id, status="closed", closed_at=house.clock())
    assert await watched.watch.customer(maria.session_id) is not None
    await change_columns(house.platform, maria.id, status="erased")
    watched.watch.forget(maria.session_id)
    assert await watched.watch.customer(maria.session_id) is None


async def test_a_deleted_login_takes_its_sessions_along(house: Service, watched: Watched) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(Login).where(Login.id == maria.login_id))
    assert await watched.watch.customer(maria.session_id) is None


async def test_a_session_ends_with_its_time(house: Service, watched: Watched) -> None:
    support = await add_staff(house.platform, "support")
    days = house.platform.settings.refresh_token_days
    try:
        house.clock.ahead = timedelta(days=days, seconds=5)
        assert await watched.watch.staff(support.session_id) is None
        house.clock.ahead = timedelta(days=days, seconds=-5)
        watched.watch.forget(support.session_id)
        assert await watched.watch.staff(support.session_id) is not None
    finally:
        house.clock.ahead = timedelta()


def _timed(house: Service, columns: dict[str, Any]) -> dict[str, Any]:
    return {name: house.clock() if value == "now" else value for name, value in columns.items()}
