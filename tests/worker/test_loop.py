"""`app/worker/loop.py`: regular duties that outlive their own failures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from app.core.errors import Failure
from app.models import AuditSeal, IdempotencyKey, Session
from app.services import idempotency, seals
from app.services.platform import Platform
from app.worker import loop
from app.worker.loop import DUTIES, Duty, run
from tests.support.people import add_customer
from tests.support.records import count
from tests.support.sealed import write
from tests.support.service import Service, serving


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


@asynccontextmanager
async def working(platform: Platform) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(run(platform))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - only the tables know
            await asyncio.sleep(0.01)


async def test_the_worker_seals_and_forgets_what_expired(house: Service) -> None:
    platform = house.platform
    await write(house, ago=timedelta(minutes=10))
    await add_customer(platform)
    claim = idempotency.claim_of(platform, "/v1/x", "a-key-of-mine", b"")
    async with platform.database.transaction() as connection:
        await idempotency.answered(platform, connection, claim)
        await idempotency.keep(platform, connection, claim, b"{}")
    house.clock.ahead = timedelta(days=platform.settings.refresh_token_days + 185)

    async def done() -> bool:
        left = await count(platform, IdempotencyKey) + await count(platform, Session)
        return left == 0 and await count(platform, AuditSeal) == 1

    assert not await done()
    async with working(platform):
        await until(done)
    assert (await seals.verify(platform)).broken == ()


async def test_a_duty_that_fails_is_done_again_and_holds_up_no_other(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def fails(_: Platform) -> None:
        done.append("fails")
        raise Failure("database_unavailable")

    async def works(_: Platform) -> None:
        done.append("works")

    monkeypatch.setattr(loop, "DUTIES", (Duty("fails", 0.01, fails), Duty("works", 0.01, works)))

    async def both_twice() -> bool:
        return done.count("fails") >= 2 and done.count("works") >= 2

    async with working(house.platform) as task:
        await until(both_twice)
        assert not task.done()


def test_every_duty_has_a_pace_and_a_name_of_its_own() -> None:
    assert len({duty.name for duty in DUTIES}) == len(DUTIES)
    assert all(duty.seconds >= 1 for duty in DUTIES)


async def test_a_duty_under_way_comes_to_its_end_when_the_worker_stops(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def long(_: Platform) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        ended.set()

    monkeypatch.setattr(loop, "DUTIES", (Duty("long", 60, long),))
    async with working(house.platform):
        await begun.wait()
    assert ended.is_set()


async def test_a_duty_that_does_not_end_is_cut_off(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def endless(_: Platform) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(loop, "DUTIES", (Duty("endless", 60, endless),))
    monkeypatch.setattr(loop, "GRACE", 0.01)
    async with working(house.platform) as task:
        await begun.wait()
    assert task.cancelled()
