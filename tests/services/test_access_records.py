"""`app/services/access_records.py`: sealed, kept for six months to the day, gone unless held."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.business_days import ZONE
from app.core.ids import fresh_id_at, new_id
from app.models import AccessRecord, Customer
from app.security.sealing import SealBroken
from app.services import access_records
from app.services.access_records import PURGED_AT_ONCE, kept_since, note, purge, unseal
from app.worker.loop import DUTIES
from tests.support.people import add_customer, add_member, stranger
from tests.support.records import count, events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "2001:db8::77"


def login_of(house: Service, **columns: Any) -> Actor:
    given = {"id": new_id(), "customer_id": new_id(), "session_id": new_id()} | columns
    return Actor(
        "login", Viewer.SELF, "own_account", "uses", address=ADDRESS, source_port=51544, **given
    )


async def use(house: Service, actor: Actor, event: access_records.Event = "sign_in") -> None:
    async with house.platform.database.transaction() as connection:
        await note(house.platform, connection, actor, event)


async def kept(house: Service, login_id: UUID | None) -> list[Any]:
    mine = select(AccessRecord.__table__).where(AccessRecord.login_id == login_id)
    return await rows(house.platform, mine.order_by(AccessRecord.id))


async def test_a_use_is_recorded_whole_and_the_address_sealed(house: Service) -> None:
    actor = login_of(house)
    before = house.clock()
    await use(house, actor)
    [row] = await kept(house, actor.id)
    assert (row.event, row.customer_id, row.session_id) == (
        "sign_in",
        actor.customer_id,
        actor.session_id,
    )
    assert before <= row.at <= house.clock()
    assert row.source_port == 51544
    assert ADDRESS.encode() not in row.ip
    view = {"ip": row.ip}
    unseal(house.platform, row.id, view)
    assert view == {"ip": ADDRESS}


async def test_an_address_opens_in_its_own_row_alone(house: Service) -> None:
    actor = login_of(house)
    await use(house, actor)
    [row] = await kept(house, actor.id)
    with pytest.raises(SealBroken):
        unseal(house.platform, new_id(), {"ip": row.ip})


async def test_what_is_not_known_is_null(house: Service) -> None:
    actor = replace(login_of(house), address=None, source_port=None)
    await use(house, actor)
    [row] = await kept(house, actor.id)
    assert (row.ip, row.source_port) == (None, None)
    view: dict[str, Any] = {"ip": None}
    unseal(house.platform, row.id, view)
    unseal(house.platform, row.id, {})
    assert view == {"ip": None}


@pytest.mark.parametrize("kind", ["system", "anonymous", "partner"])
async def test_of_who_does_not_sign_in_nothing_is_recorded(house: Service, kind: str) -> None:
    before = await count(house.platform, AccessRecord)
    await use(house, replace(login_of(house), kind=kind))
    await use(house, replace(login_of(house), id=None))
    assert await count(house.platform, AccessRecord) == before


@pytest.mark.parametrize("kind", ["officer", "staff"])
async def test_officers_and_staff_are_recorded_for_no_account(house: Service, kind: str) -> None:
    actor = replace(login_of(house, customer_id=None), kind=kind)
    await use(house, actor)
    own = {"officer": AccessRecord.officer_id, "staff": AccessRecord.staff_id}[kind]
    [row] = await rows(house.platform, select(AccessRecord.__table__).where(own == actor.id))
    assert {row.login_id, row.officer_id, row.staff_id} == {None, actor.id}
    assert (row.customer_id, row.session_id) == (None, actor.session_id)
    view = {"ip": row.ip}
    unseal(house.platform, row.id, view)
    assert view == {"ip": ADDRESS}


async def test_the_database_itself_wants_one_person_in_each_record(house: Service) -> None:
    row = {"id": new_id(), "at": house.clock(), "event": "sign_in"}
    for people in ({}, {"login_id": new_id(), "officer_id": new_id()}):
        with pytest.raises(IntegrityError, match="holder"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(insert(AccessRecord).values(row | people))


async def use_and_fail(house: Service, actor: Actor, begin: Any) -> None:
    async with begin() as transaction:
        await note(house.platform, transaction, actor, "sign_in")
        raise ZeroDivisionError


async def test_a_record_falls_with_what_it_is_about(house: Service) -> None:
    actor = login_of(house)
    for ways in (house.platform.database.transaction, house.platform.database.driven):
        with pytest.raises(ZeroDivisionError):
            await use_and_fail(house, actor, ways)
    assert await kept(house, actor.id) == []


async def test_what_is_done_by_a_link_is_recorded_for_each_account_that_is_open(
    house: Service,
) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    caller = replace(stranger(), address=ADDRESS)
    async with house.platform.database.transaction() as connection:
        for login_id in (maria.login_id, member.login_id, new_id()):
            await access_records.note_of_login(
                house.platform, connection, caller, "password_changed", login_id
            )
    assert [row.customer_id for row in await kept(house, maria.login_id)] == [maria.id]
    assert [row.customer_id for row in await kept(house, member.login_id)] == [maria.id]
    assert await kept(house, joana.login_id) == []
    everybody = select(AccessRecord.session_id).where(AccessRecord.customer_id.is_(None))
    assert (None,) in [tuple(row) for row in await rows(house.platform, everybody)]


# Six months.


START = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=14_000)).map(lambda since: START + since)


def law(day: date) -> date:
    """The last day on which a day's records are kept (Código Civil, art. 132 §3), counted anew."""
    year, month = (day.year, day.month + 6) if day.month <= 6 else (day.year + 1, day.month - 6)
    try:
        return day.replace(year=year, month=month)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1)


@given(now=MOMENTS)
async def test_a_days_records_are_kept_to_the_end_of_the_day_six_months_later(
    now: datetime,
) -> None:
    today = now.astimezone(ZONE).date()
    first = kept_since(now).astimezone(ZONE)
    assert (first.hour, first.minute, first.second, first.microsecond) == (0, 0, 0, 0)
    assert law(first.date()) >= today  # the oldest that is kept has its day yet
    assert law(first.date() - timedelta(days=1)) < today  # the newest that goes had it


@pytest.mark.parametrize(
    ("made", "last_day"),
    [
        ("2026-01-15", "2026-07-15"),
        ("2026-08-28", "2027-02-28"),
        ("2026-08-31", "2027-03-01"),
        ("2027-08-29", "2028-02-29"),
        ("2026-12-31", "2027-07-01"),
        ("2026-02-28", "2026-08-28"),
    ],
)
async def test_the_law_counts_days_of_the_same_number(made: str, last_day: str) -> None:
    at = datetime.fromisoformat(f"{made}T23:59:59.999999").replace(tzinfo=ZONE)
    end = datetime.fromisoformat(f"{last_day}T23:59:59.999999").replace(tzinfo=ZONE)
    assert kept_since(end) <= at
    assert kept_since(end + timedelta(microseconds=1)) > at


async def store(house: Service, at: datetime, customer_id: UUID | None, number: int = 1) -> UUID:
    """Records as they were made at a moment, by one login, whose id is returned."""
    login_id = new_id()
    made = [
        {"id": fresh_id_at(at), "at": at, "event": "sign_in", "login_id": login_id}
        | {"customer_id": customer_id}
        for _ in range(number)
    ]
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(AccessRecord), made)
    return login_id


@pytest_asyncio.fixture(loop_scope="module")
async def nothing_old(house: Service) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(AccessRecord))


async def to(house: Service, moment: datetime) -> None:
    """Have the service's clock stand just before, or at, a moment."""
    house.clock.ahead = timedelta()
    house.clock.ahead = moment - house.clock()


async def test_records_go_at_the_end_of_their_day_whatever_the_clock_does(
    house: Service, nothing_old: None
) -> None:
    border = kept_since(house.clock())
    old = await store(house, border - timedelta(microseconds=1), None)
    young = await store(house, border, None)
    new = await store(house, house.clock(), None)
    day = timedelta(days=1)
    try:
        for ahead in (-day, -30 * day, -400 * day):  # a clock that was set back deletes nothing
            house.clock.ahead = ahead
            await purge(house.platform)
            assert len(await kept(house, old)) == 1
        house.clock.ahead = timedelta()
        await purge(house.platform)
        assert await kept(house, old) == []
        assert len(await kept(house, young)) == 1
        house.clock.ahead = 5 * day  # a short month's end stands for up to four days
        await purge(house.platform)
        assert await kept(house, young) == []
        assert len(await kept(house, new)) == 1
        house.clock.ahead = 180 * day  # six months have 181 days at least
        await purge(house.platform)
        assert len(await kept(house, new)) == 1
        house.clock.ahead = 186 * day  # and 184 at most, and one that goes on to its end
        await purge(house.platform)
        assert await kept(house, new) == []
    finally:
        house.clock.ahead = timedelta()


async def test_a_purge_of_many_goes_in_bounded_transactions_and_is_on_record(
    house: Service, nothing_old: None
) -> None:
    old = await store(
        house, kept_since(house.clock()) - timedelta(days=1), None, PURGED_AT_ONCE + 3
    )
    already = len(await events(house.platform, action=access_records.PURGE))
    await purge(house.platform)
    assert await kept(house, old) == []
    said = await events(house.platform, action=access_records.PURGE)
    assert [event.rows for event in said[already:]] == [PURGED_AT_ONCE, 3]
    assert {(event.actor_kind, event.subject_id) for event in said} == {("system", None)}
    await purge(house.platform)
    assert len(await events(house.platform, action=access_records.PURGE)) == already + 2


async def test_what_is_held_stays_and_goes_once_it_is_free(
    house: Service, nothing_old: None
) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    long_ago = kept_since(house.clock()) - timedelta(days=40)
    held = await store(house, long_ago, maria.id, PURGED_AT_ONCE + 1)
    free = await store(house, long_ago, joana.id)
    nobodys = await store(house, long_ago, None)
    # Whatever a hold is, it is a SELECT of accounts.
    hold = (select(Customer.id).where(Customer.status == "suspended"),)
    await suspend(house, maria.id, "suspended")
    await purge(house.platform, hold)
    assert len(await kept(house, held)) == PURGED_AT_ONCE + 1
    assert await kept(house, free) == await kept(house, nobodys) == []
    await suspend(house, maria.id, "active")
    await purge(house.platform, hold)
    assert await kept(house, held) == []


async def suspend(house: Service, customer_id: UUID, status: str) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Customer).where(Customer.id == customer_id).values(status=status)
        )


async def test_the_worker_purges() -> None:
    assert access_records.purge in [duty.do for duty in DUTIES]
