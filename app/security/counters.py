"""Counters that expire: in this process, or in a Redis that all processes share.

`limits` brings the Redis side (one atomic script, every kind of Redis address). Its own memory
storage is not used: it looks at every counter at each increment (19 ms with 100,000 of them) and
grows as long as strangers make up names.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.core.clock import Clock

MOST_REMEMBERED: Final = 50_000
"""Counters in memory, some 15 MB; when there are more, the oldest quarter is forgotten."""
PATIENCE: Final = 1.0
"""Seconds for Redis to answer: one that takes longer is as good as away."""
MOST_CONNECTIONS: Final = 8
"""For each process; an answer takes a fraction of a millisecond."""
PREFIX: Final = "salvaguarda:throttle"


class CountersAwayError(Exception):
    """The shared counters cannot be reached. Says nothing of where they are."""


class Counters(Protocol):
    """What both kinds do. Keys are ASCII."""

    async def add(self, key: str, seconds: int, amount: int = 1) -> int:
        """Add to a counter and return its new value; a new one lives for `seconds`."""

    async def read(self, key: str) -> int:
        """The counter's value; 0 when there is none."""

    async def left(self, key: str) -> float:
        """The seconds that the counter has yet to live; 0 when there is none."""

    async def clear(self, key: str) -> None:
        """Forget the counter."""


@dataclass(slots=True)
class _Counter:
    value: int
    ends: float
    seconds: int


class MemoryCounters:
    """Counters of this process, by the service's own clock."""

    def __init__(self, clock: Clock, most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._counters: dict[str, _Counter] = {}

    async def add(self, key: str, seconds: int, amount: int = 1) -> int:
        """See `Counters`. Nothing is awaited in here: each call is atomic."""
        now = self._now()
        counter = self._living(key, now)
        if counter is None:
            if len(self._counters) >= self._most:
                self._make_room(now)
            counter = self._counters[key] = _Counter(0, now + seconds, seconds)
        counter.value += amount
        return counter.value

    async def read(self, key: str) -> int:
        """See `Counters`."""
        counter = self._living(key, self._now())
        return 0 if counter is None else counter.value

    async def left(self, key: str) -> float:
        """See `Counters`."""
        now = self._now()
        counter = self._living(key, now)
        return 0.0 if counter is None else counter.ends - now

    async def clear(self, key: str) -> None:
        """See `Counters`."""
        self._counters.pop(key, None)

    def _now(self) -> float:
        return self._clock().timestamp()

    def _living(self, key: str, now: float) -> _Counter | None:
        counter = self._counters.get(key)
        if counter is None or _is_alive(counter, now):
            return counter
        del self._counters[key]
        return None

    def _make_room(self, now: float) -> None:
        living = {key: one for key, one in self._counters.items() if _is_alive(one, now)}
        surplus = len(living) - self._most * 3 // 4
        for key in list(living)[: max(surplus, 0)]:
            del living[key]
        self._counters = living


def _is_alive(counter: _Counter, now: float) -> bool:
    # More left than it ever had: the clock was set back, and nobody shall wait for it to catch up.
    return 0 < counter.ends - now <= counter.seconds


class RedisCounters:
    """Counters in Redis, by its clock. Every call raises `CountersAwayError` when it is away."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """Connects at the first call. Raises `ValueError` for an address that is none of Redis'."""
        try:
            self._pool = ConnectionPool.from_url(
                url,
                max_connections=MOST_CONNECTIONS,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                # A caller waits meanwhile: the next one is soon enough to try again.
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError:  # its words print a part of the address, perhaps of the password
            message = "REDIS_URL is not an address such as redis://host:6379/0"
            raise ValueError(message) from None
        self._client = Redis(connection_pool=self._pool)
        self._storage = RedisStorage(
            "redis://",  # the pool knows the address
            implementation="redispy",
            key_prefix=PREFIX,
            connection_pool=cast(Any, self._pool),
        )
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)
        self._failures = 0

    async def add(self, key: str, seconds: int, amount: int = 1) -> int:
        """See `Counters`."""
        async with self._reached():
            return await self._storage.incr(key, seconds, amount)

    async def read(self, key: str) -> int:
        """See `Counters`."""
        async with self._reached():
            return await self._storage.get(key)

    async def left(self, key: str) -> float:
        """See `Counters`. To the millisecond, where the library's own answer is rounded."""
        async with self._reached():
            milliseconds: int = await self._client.pttl(f"{PREFIX}:{key}")
            return max(milliseconds, 0) / 1000

    async def clear(self, key: str) -> None:
        """See `Counters`."""
        async with self._reached():
            await self._storage.clear(key)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.disconnect()

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[None]:
        before = self._failures
        async with self._free:
            if self._failures != before:  # it failed others meanwhile: no use to wait as they did
                raise CountersAwayError
            try:
                yield
            except (RedisError, OSError, TimeoutError):
                self._failures += 1
                raise CountersAwayError from None
