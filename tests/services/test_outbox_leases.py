"""`app/services/outbox_leases.py`: one message, one worker; and what is written down afterwards."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.services import outbox_leases
from app.services.mail_message import SENT, Outcome
from app.services.outbox_leases import (
    FIRST_DELAY,
    LEASE,
    LIFETIME,
    LONGEST_DELAY,
    Claimed,
    Settlement,
    claim,
    delay,
    settle,
)
from app.services.platform import Platform
from tests.support.mails import mail, post, states
from tests.support.post import mails
from tests.support.service import Service, serving

DEFERRED = Outcome("deferred", "refused_for_now", 451)


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


@pytest.fixture
def platform(house: Service) -> Platform:
    return house.platform


async def fill(platform: Platform, number: int, **options: Any) -> None:
    await post(
        platform, *(mail(platform, f"a{n}@exemplo.com.br", **options) for n in range(number))
    )


async def one(platform: Platform) -> Claimed:
    [claimed] = await claim(platform, 1)
    return claimed


@contextmanager
def transactions(platform: Platform) -> Iterator[list[object]]:
    """Those that are begun meanwhile on the driver's own connections."""
    begun: list[object] = []
    driven = platform.database.driven

    def noted(**options: Any) -> Any:
        transaction = driven(**options)
        begun.append(transaction)
        return transaction

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platform.database, "driven", noted)
        yield begun


async def test_a_claimed_message_is_nobody_else_s_until_its_lease_ends(house: Service) -> None:
    platform = house.platform
    await fill(platform, 3)
    claimed = await claim(platform, 2)
    assert [each.recipient for each in claimed] == ["a0@exemplo.com.br", "a1@exemplo.com.br"]
    assert {each.attempts for each in claimed} == {1}
    rows = await mails(platform)
    assert [row.state for row in rows] == ["sending", "sending", "queued"]
    assert rows[0].lease == rows[1].lease == claimed[0].lease
    assert rows[0].due_at - rows[0].created_at > LEASE - timedelta(seconds=5)
    assert [each.recipient for each in await claim(platform, 9)] == ["a2@exemplo.com.br"]
    assert await claim(platform, 9) == []
    house.clock.ahead = LEASE - timedelta(seconds=5)
    assert await claim(platform, 9) == []
    house.clock.ahead = LEASE + timedelta(seconds=1)
    again = await claim(platform, 9)
    assert {each.attempts for each in again} == {2}
    assert {each.id for each in again} == {row.id for row in rows}


async def test_what_is_claimed_is_all_that_a_letter_needs(platform: Platform) -> None:
    message = mail(platform, "ana@exemplo.com.br", language="en")
    await post(platform, message)
    [row] = await mails(platform)
    claimed = await one(platform)
    assert (claimed.id, claimed.template, claimed.language) == (row.id, message.template, "en")
    assert (claimed.params, claimed.sealed) == (row.params, row.sealed)
    assert claimed.created_at == row.created_at


async def test_lone_messages_overtake_those_of_a_batch(platform: Platform) -> None:
    await fill(platform, 5, batch="incident")
    await post(platform, mail(platform, "lone@exemplo.com.br"))
    claimed = await claim(platform, 3)
    assert [each.recipient.partition("@")[0] for each in claimed] == ["lone", "a0", "a1"]


async def test_an_empty_outbox_is_looked_at_without_writing(platform: Platform) -> None:
    await fill(platform, 1)
    await claim(platform, 1)
    with transactions(platform) as begun:
        assert await claim(platform, 1) == []
    assert begun == []


async def test_many_claimers_at_once_share_without_overlap(platform: Platform) -> None:
    await fill(platform, 200)

    async def take() -> list[Claimed]:
        taken: list[Claimed] = []
        while some := await claim(platform, 7):
            taken += some
        return taken

    shares = await asyncio.gather(*(take() for _ in range(8)))
    ids = [each.id for share in shares for each in share]
    assert len(ids) == len(set(ids)) == 200
    assert {row.attempts for row in await mails(platform)} == {1}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (SENT, "sent"),
        (Outcome("bounced", "refused", 550), "bounced"),
        (Outcome("abandoned", "not_composed"), "abandoned"),
    ],
)
async def test_a_known_fate_is_final_and_erases_what_was_sealed(
    house: Service, outcome: Outcome, state: str
) -> None:
    platform = house.platform
    await fill(platform, 1)
    assert await settle(platform, [Settlement(await one(platform), outcome)]) == [state]
    [row] = await mails(platform)
    assert (row.state, row.code, row.reason) == (state, outcome.code, outcome.reason)
    assert (row.sealed, row.due_at, row.lease) == (None, None, None)
    assert row.settled_at is not None
    house.clock.ahead = timedelta(days=5)
    assert await claim(platform, 1) == []


async def test_a_deferred_message_waits_longer_each_time_and_is_abandoned_in_the_end(
    house: Service,
) -> None:
    platform = house.platform
    await fill(platform, 1)
    [row] = await mails(platform)
    sealed, waits = row.sealed, []
    while True:
        [state] = await settle(platform, [Settlement(await one(platform), DEFERRED)])
        [row] = await mails(platform)
        assert (row.code, row.reason, row.lease) == (451, "refused_for_now", None)
        if state != "deferred":
            break
        assert (row.state, row.sealed, row.settled_at) == ("deferred", sealed, None)
        now = platform.clock()
        waits.append(row.due_at - now)
        assert await claim(platform, 1) == []
        house.clock.ahead += waits[-1] + timedelta(seconds=1)
    assert (state, row.state, row.sealed, row.due_at) == ("abandoned", "abandoned", None, None)
    assert row.attempts == len(waits) + 1
    assert timedelta(seconds=40) < waits[0] < timedelta(minutes=2)
    assert max(waits) > timedelta(hours=3)
    assert LIFETIME - timedelta(hours=6) < house.clock.ahead <= LIFETIME


def test_delays_double_up_to_the_longest_and_vary() -> None:
    for attempts in range(1, 60):
        plain = min(FIRST_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY)
        drawn = [delay(attempts) / plain for _ in range(50)]
        assert min(drawn) >= 0.8
        assert max(drawn) < 1.2
        assert len(set(drawn)) > 10


async def test_what_was_not_tried_goes_back_as_it_was(house: Service) -> None:
    platform = house.platform
    await fill(platform, 2)
    first, second = await claim(platform, 2)
    await settle(platform, [Settlement(second, DEFERRED)])
    assert await settle(platform, [Settlement(first, None)]) == []
    assert list((await states(platform)).values()) == ["queued", "deferred"]
    assert [row.attempts for row in await mails(platform)] == [0, 1]
    house.clock.ahead = timedelta(minutes=5)
    claimed = await claim(platform, 2)
    assert {each.recipient: each.attempts for each in claimed} == {
        "a0@exemplo.com.br": 1,
        "a1@exemplo.com.br": 2,
    }
    await settle(platform, [Settlement(each, None) for each in claimed])
    assert list((await states(platform)).values()) == ["queued", "deferred"]


async def test_a_worker_that_was_thought_dead_overrules_nobody(house: Service) -> None:
    platform = house.platform
    await fill(platform, 1)
    late = await one(platform)
    house.clock.ahead = LEASE + timedelta(seconds=1)
    current = await one(platform)
    assert late.id == current.id
    assert late.lease != current.lease
    for outcome in (Outcome("bounced", "refused", 550), None):
        await settle(platform, [Settlement(late, outcome)])
        [row] = await mails(platform)
        assert (row.state, row.lease, row.attempts) == ("sending", current.lease, 2)
    await settle(platform, [Settlement(current, SENT)])
    await settle(platform, [Settlement(late, DEFERRED)])
    assert list((await states(platform)).values()) == ["sent"]


async def test_a_lease_that_ended_can_still_be_settled_while_nobody_took_over(
    house: Service,
) -> None:
    platform = house.platform
    await fill(platform, 1)
    claimed = await one(platform)
    house.clock.ahead = LEASE * 2
    await settle(platform, [Settlement(claimed, SENT)])
    assert list((await states(platform)).values()) == ["sent"]


async def test_a_group_is_settled_in_one_transaction(platform: Platform) -> None:
    await fill(platform, 4)
    outcomes = [SENT, DEFERRED, Outcome("bounced", "refused", 550), None]
    claimed = await claim(platform, 4)
    done = [Settlement(*each) for each in zip(claimed, outcomes, strict=True)]
    with transactions(platform) as begun:
        assert await settle(platform, done) == ["sent", "deferred", "bounced"]
    assert len(begun) == 1
    assert list((await states(platform)).values()) == ["sent", "deferred", "bounced", "queued"]


def test_leases_outlast_the_longest_send() -> None:
    from app.services.mail_smtp import LONGEST_SEND
    from app.worker.delivery import BEGIN_WITHIN

    assert BEGIN_WITHIN > 20
    assert outbox_leases.LEASE.total_seconds() > BEGIN_WITHIN + LONGEST_SEND
