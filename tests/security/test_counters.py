"""`app/security/counters.py`: both kinds count, expire and forget alike."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.security.counters import (
    PATIENCE,
    Counters,
    CountersAwayError,
    MemoryCounters,
    RedisCounters,
)
from tests.security.moment import Moment
from tests.support.redis import own_redis


@dataclass(frozen=True)
class Counting:
    counters: Counters
    pass_by: Callable[[float], None]


@pytest.fixture(
    params=["memory", pytest.param("redis", marks=pytest.mark.needs_program("redis-server"))]
)
async def counting(
    request: pytest.FixtureRequest, tmp_path: Path, moment: Moment
) -> AsyncIterator[Counting]:
    if request.param == "memory":
        yield Counting(MemoryCounters(moment), moment.pass_by)
        return
    with own_redis(tmp_path) as server:
        counters = RedisCounters(server.url)
        yield Counting(counters, server.pass_by)
        await counters.close()


async def test_a_counter_lives_from_its_first_count(counting: Counting) -> None:
    counters = counting.counters
    assert (await counters.read("one"), await counters.left("one")) == (0, 0.0)
    assert await counters.add("one", 10) == 1
    assert 9 < await counters.left("one") <= 10
    counting.pass_by(6)
    assert await counters.add("one", 10) == 2
    assert 3 < await counters.left("one") <= 4
    assert await counters.read("one") == 2
    counting.pass_by(4)
    assert (await counters.read("one"), await counters.left("one")) == (0, 0.0)
    assert await counters.add("one", 10, 5) == 5


async def test_what_is_left_is_told_to_the_millisecond(counting: Counting) -> None:
    await counting.counters.add("one", 1)
    counting.pass_by(0.4)
    assert 0.3 < await counting.counters.left("one") <= 0.6


async def test_a_counter_goes_down_and_is_forgotten(counting: Counting) -> None:
    counters = counting.counters
    await counters.add("one", 10, 3)
    assert await counters.add("one", 10, -1) == 2
    await counters.add("other", 10)
    await counters.clear("one")
    await counters.clear("one")
    assert (await counters.read("one"), await counters.read("other")) == (0, 1)


async def test_a_hundred_at_once_are_a_hundred(counting: Counting) -> None:
    numbers = await asyncio.gather(*(counting.counters.add("one", 10) for _ in range(100)))
    assert sorted(numbers) == list(range(1, 101))


async def test_memory_is_bounded_and_forgets_the_oldest_first(moment: Moment) -> None:
    counters = MemoryCounters(moment, most=100)
    for number in range(60):
        await counters.add(f"short {number}", 5)
    for number in range(40):
        await counters.add(f"long {number}", 500)
    moment.pass_by(5)
    await counters.add("one more", 500)  # what expired makes room by itself
    assert [await counters.read(f"long {number}") for number in range(40)] == [1] * 40
    for number in range(1000):
        await counters.add(f"flood {number}", 500)
        assert await counters.read(f"flood {number}") == 1
    kept = [number for number in range(1000) if await counters.read(f"flood {number}")]
    assert 75 <= len(kept) <= 100
    assert kept == list(range(1000 - len(kept), 1000))


async def test_nobody_waits_for_a_clock_that_was_set_back(moment: Moment) -> None:
    counters = MemoryCounters(moment)
    await counters.add("one", 10)
    moment.set_wall(-3600)
    assert await counters.left("one") == 0.0
    assert await counters.add("one", 10) == 1


@pytest.mark.needs_program("redis-server")
async def test_a_redis_that_went_away_or_hangs_is_told_soon(tmp_path: Path) -> None:
    with own_redis(tmp_path) as server:
        counters = RedisCounters(server.url)
        await counters.add("one", 10)
        server.freeze()
        async with asyncio.timeout(20 * PATIENCE):
            with pytest.raises(CountersAwayError):
                await counters.read("one")
        server.thaw()
        assert await counters.read("one") == 1
        server.stop()
        for _ in range(3):
            with pytest.raises(CountersAwayError):
                await counters.left("one")
        server.start()
        assert await counters.add("one", 10) == 1
        await counters.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "http://host/", "redis://:geheim-4711@host:port/", "memcached://h"]
)
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="REDIS_URL is not an address") as refused:
        RedisCounters(url)
    assert "4711" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_nothing_is_connected_to_at_first() -> None:
    RedisCounters("rediss://user:geheim@nowhere.invalid:6379/3")
