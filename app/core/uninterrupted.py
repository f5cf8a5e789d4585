"""Work that goes on when whoever waits for it is cancelled.

A connection that is dropped while it opens or closes is lost to its pool for good, and a caller may
leave at any moment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Uninterrupted:
    """Runs work to its end; `close` waits for what callers have left behind."""

    def __init__(self) -> None:
        self._left: set[asyncio.Future[None]] = set()

    async def __call__(
        self, work: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[object]] | None = None
    ) -> T:
        """What `work` returns. If the caller is cancelled meanwhile, it ends and is undone."""
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            ending = asyncio.ensure_future(_end(task, undo))
            self._left.add(ending)
            ending.add_done_callback(self._left.discard)
            raise

    async def close(self) -> None:
        """Wait for the work that goes on without a caller."""
        await asyncio.gather(*self._left)


async def _end(task: asyncio.Future[T], undo: Callable[[T], Awaitable[object]] | None) -> None:
    with suppress(Exception, asyncio.CancelledError):  # there is nobody left to hear of it
        result = await task
        if undo is not None:
            await undo(result)
