"""The driver's own connections that lone reads run on, kept ready between them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

T = TypeVar("T")


class DriverLease:
    """A pooled connection used without SQLAlchemy. Ends in `release`, or `discard` if it broke."""

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self._connection = connection
        self.driver: Any = connection.driver_connection

    async def release(self) -> None:
        """Back to the pool."""
        await greenlet_spawn(self._connection.close)

    async def discard(self) -> None:
        """Close it for good; the pool makes another."""
        await greenlet_spawn(self._connection.invalidate)
        await greenlet_spawn(self._connection.close)


class Readers:
    """At most `most` connections, leased as needed and kept, since leasing costs half a read.

    Their number is apart from that of the transactions: neither can leave the other without.
    """

    def __init__(
        self, lease: Callable[[], Awaitable[DriverLease]], most: int, patience: float
    ) -> None:
        self._lease = lease
        self._patience = patience
        self._places = asyncio.Semaphore(most)
        self._idle: list[DriverLease] = []

    async def run(self, read: Callable[[Any], Awaitable[T]]) -> T:
        """What `read` makes of a connection of the driver.

        Raises what it does, and `TimeoutError` when none was free for `patience` seconds.
        """
        if self._places.locked():
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            lease = self._idle.pop() if self._idle else await self._lease()
            try:
                result = await read(lease.driver)
            except BaseException:  # a cancelled read too: its answer may still come
                await asyncio.shield(lease.discard())
                raise
            self._idle.append(lease)
            return result
        finally:
            self._places.release()

    async def forget(self) -> None:
        """Close those that wait for work, since the database was lost; others are made."""
        while self._idle:
            await self._idle.pop().discard()

    async def close(self) -> None:
        """Close those that wait for work: the pool that they came from may be gone."""
        await self.forget()
