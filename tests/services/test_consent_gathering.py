"""`app/services/consent_gathering.py`: one transaction for a crowd, and each fares as if alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.database import Database
from app.core.driver_transactions import DriverTransaction
from app.core.errors import Failure
from app.core.ids import new_id
from app.models import AuditSubject, ConsentEvent
from app.services import consent_answers, consent_gathering, consent_ledger, consent_states
from app.services.consent_sayings import Saying, Statement
from tests.support.people import add_customer, change_columns
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


def saying(account: UUID, granted: bool = True, **more: Any) -> Saying:
    actor = Actor(
        "login",
        Viewer.SELF,
        "own_account",
        f"saying-{new_id()}",
        id=new_id(),
        session_id=new_id(),
        customer_id=account,
        permissions=("owner",),
    )
    told: dict[str, Any] = {"purpose": "marketing", "channel": "web", "language": "pt-BR"} | more
    return Saying(actor, Statement(account, granted=granted, **told))


async def say(house: Service, *sayings: Saying) -> list[Any]:
    """What each was answered: the event, or what was raised."""
    answers = await asyncio.gather(
        *(consent_gathering.say(house.platform, each) for each in sayings), return_exceptions=True
    )
    return [orjson.loads(each) if isinstance(each, bytes) else each for each in answers]


async def ledger(house: Service, account: UUID) -> list[tuple[int, str]]:
    asked = select(ConsentEvent.sequence, ConsentEvent.state)
    mine = asked.where(ConsentEvent.subject_id == account).order_by(ConsentEvent.sequence)
    return [tuple(row) for row in await rows(house.platform, mine)]


async def faults(house: Service) -> list[str]:
    async with house.platform.database.transaction() as connection:
        return await consent_states.faults(connection)


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The patience of each transaction on the driver."""
    seen: list[float | None] = []
    driven = Database.driven

    @asynccontextmanager
    async def counted(
        database: Database, *, patience: float | None = None
    ) -> AsyncIterator[DriverTransaction]:
        seen.append(patience)
        async with driven(database, patience=patience) as transaction:
            yield transaction

    monkeypatch.setattr(Database, "driven", counted)
    return seen


async def test_a_crowd_shares_a_transaction_and_each_is_shown_their_own(
    house: Service, transactions: list[float | None]
) -> None:
    crowd = [saying(new_id(), bool(number % 2)) for number in range(20)]
    answers = await say(house, *crowd)
    assert len(transactions) <= 2
    for each, event in zip(crowd, answers, strict=True):
        account = each.statement.subject_id
        assert event["subject_id"] == str(account)
        assert event["actor_id"] == str(each.actor.id)
        assert (event["state"] == "granted") is each.statement.granted
        assert await ledger(house, account) == [(1, event["state"])]
        [record] = await events(house.platform, request_id=each.actor.request_id)
        assert (record.actor_id, str(record.subject_id)) == (each.actor.id, event["id"])
        of_record = select(AuditSubject.subject_id).where(AuditSubject.event_id == record.id)
        assert [row[0] for row in await rows(house.platform, of_record)] == [account]
    assert await faults(house) == []


async def test_what_one_account_says_at_once_keeps_its_order(house: Service) -> None:
    account, said = new_id(), [True, False, False, True, True, False]
    answers = await say(house, *(saying(account, granted) for granted in said))
    states = ["granted", "withdrawn", "denied", "granted", "granted", "withdrawn"]
    assert [(event["sequence"], event["state"]) for event in answers] == [*enumerate(states, 1)]
    assert await ledger(house, account) == [*enumerate(states, 1)]
    assert await faults(house) == []


async def test_the_last_word_of_an_account_stands_though_groups_go_at_once(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A yes that is held up, and a no that comes after it and could go faster."""
    account, begun, go_on = new_id(), asyncio.Event(), asyncio.Event()
    record_all = consent_ledger.record_all

    async def held_up(*arguments: Any) -> Any:
        if not begun.is_set():
            begun.set()
            await go_on.wait()
        return await record_all(*arguments)

    monkeypatch.setattr(consent_ledger, "record_all", held_up)
    yes = asyncio.create_task(say(house, saying(account)))
    await begun.wait()
    no = asyncio.create_task(say(house, saying(account, False)))
    if house.platform.database.is_postgresql:  # on SQLite a writer waits for the other
        [other] = await say(house, saying(new_id()))
        assert other["sequence"] == 1
    go_on.set()
    assert [(await each)[0]["state"] for each in (yes, no)] == ["granted", "withdrawn"]
    assert await ledger(house, account) == [(1, "granted"), (2, "withdrawn")]


async def test_a_no_that_has_much_to_erase_goes_apart(
    house: Service, transactions: list[float | None]
) -> None:
    [event] = await say(house, saying(new_id(), False, purpose="analytics"))
    assert event["state"] == "denied"
    assert transactions == [None]


async def test_a_refusal_touches_nobody_else_and_leaves_no_gap(house: Service) -> None:
    account = new_id()
    first, *refused, last = await say(
        house,
        saying(account),
        saying(account, purpose="nothing"),
        saying(account, version=7),
        saying(new_id(), version=7),
        saying(account, False),
    )
    codes = [each.code for each in refused if isinstance(each, Failure)]
    assert codes == ["unknown_purpose", *["purpose_version_not_current"] * 2]
    assert (first["sequence"], last["sequence"], last["state"]) == (1, 2, "withdrawn")
    assert await ledger(house, account) == [(1, "granted"), (2, "withdrawn")]
    assert await faults(house) == []


async def test_a_closed_account_says_no_but_no_new_yes_and_others_say_theirs(
    house: Service,
) -> None:
    maria = await add_customer(house.platform, marketing=True)
    closed = house.platform.clock()
    await change_columns(house.platform, maria.id, status="closed", closed_at=closed)
    said = saying(maria.id), saying(maria.id, False), saying(new_id())
    refused, no, yes = await say(house, *said)
    assert isinstance(refused, Failure)
    assert refused.code == "account_closed"
    assert (no["state"], yes["state"]) == ("withdrawn", "granted")
    assert await faults(house) == []


async def test_where_all_are_refused_nothing_is_written(house: Service) -> None:
    account = new_id()
    [told] = await say(house, saying(account, version=7))
    assert isinstance(told, Failure)
    assert await ledger(house, account) == []


async def test_one_whose_rows_cannot_be_written_fails_alone(house: Service) -> None:
    good, bad, other = saying(new_id()), saying(new_id(), channel="pigeon"), saying(new_id())
    one, broken, another = await say(house, good, bad, other)
    assert one["sequence"] == another["sequence"] == 1
    assert isinstance(broken, Exception)
    assert not isinstance(broken, Failure)  # 500, as ever: nobody foresaw it
    assert await ledger(house, bad.statement.subject_id) == []
    assert len(await events(house.platform, request_id=good.actor.request_id)) == 1
    assert await events(house.platform, request_id=bad.actor.request_id) == []
    assert await faults(house) == []


async def test_without_the_audit_log_nobody_says_anything(house: Service) -> None:
    crowd = [saying(new_id()) for _ in range(3)]
    async with house.platform.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE audit_subjects RENAME TO elsewhere"))
    try:
        answers = await say(house, *crowd)
    finally:
        async with house.platform.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_subjects"))
    assert [each.code for each in answers] == ["audit_unavailable"] * 3
    for each in crowd:
        assert await ledger(house, each.statement.subject_id) == []


async def test_when_the_database_goes_away_at_the_end_nobody_says_it_again(
    house: Service, transactions: list[float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows of a commit that was not answered: said again, it might stand twice."""

    async def lost(*_: Any) -> list[Any]:
        raise ConnectionError

    monkeypatch.setattr(consent_answers, "show_each", lost)
    answers = await say(house, *(saying(new_id()) for _ in range(3)))
    assert [each.code for each in answers] == ["database_unavailable"] * 3
    assert None not in transactions  # which going alone would have


async def test_an_account_that_is_held_keeps_nobody_else_waiting(
    house: Service, transactions: list[float | None]
) -> None:
    if not house.platform.database.is_postgresql:
        pytest.skip("SQLite has one writer at a time")
    held, free = new_id(), new_id()
    await say(house, saying(held))
    async with house.platform.database.transaction() as connection:
        await consent_ledger.lock(connection, held)
        waiting = asyncio.create_task(say(house, saying(held, False)))
        await asyncio.sleep(0)
        [first] = await say(house, saying(free))
        [second] = await say(house, saying(free, False))
        assert (first["sequence"], second["sequence"]) == (1, 2)
        assert not waiting.done()
    [event] = await waiting
    assert (event["sequence"], event["state"]) == (2, "withdrawn")
    assert None in transactions  # it went alone
