"""Work that many callers want at the same moment, done once for all of them: one commit, say.

While one group is being worked for, the next one gathers: nobody waits for company, and a crowd
pays for little more than one. A group may linger for as long as it takes to hear those who have
already spoken: whoever was answered together speaks again together, and the first of them would
else be worked for alone, and hold the others up. Where the work waits for something else, such as a
database, a second group may be worked for at the same time: else this process would rest whenever
that one works.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]]
"""What comes of each item, in order: an exception is raised at its own caller alone."""

MOST: Final = 64
"""Callers in one group: what one of them waits for the others stays short."""


class Apart(Exception):
    """The group's work broke, and left nothing behind: alone, a caller may fare better."""


class Gathering(Generic[Item, Result]):
    """Callers of the same work. A caller who gives up disturbs nobody; their item is worked on.

    At most `at_once` groups, of at most `most` callers, are worked for at the same time. Each lets
    the event loop go around `linger` times before it begins.
    """

    def __init__(
        self, work: Work[Item, Result], most: int = MOST, at_once: int = 1, linger: int = 0
    ) -> None:
        self._work = work
        self._most = most
        self._at_once = at_once
        self._linger = linger
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._workers: set[asyncio.Task[None]] = set()

    async def join(self, item: Item) -> Result:
        """What the work makes of the item. Raises what it returned for it, `Apart` if it raised."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._workers) < self._at_once:
            self._workers.add(asyncio.create_task(self._work_on()))
        return await done

    async def close(self) -> None:
        """Finish for those who are waiting."""
        await asyncio.gather(*self._workers)

    async def _work_on(self) -> None:
        try:
            while self._waiting:
                for _ in range(self._linger):
                    await asyncio.sleep(0)
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                if group:  # another worker may have taken them meanwhile
                    await self._work_for(group)
        finally:  # at once: whoever joins from now on is not seen by us
            self._workers.remove(cast(asyncio.Task[None], asyncio.current_task()))

    async def _work_for(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = await self._work([item for item, _ in group])
        except Exception as error:
            results = [_apart(error) for _ in group]
        for (_, done), result in zip(group, results, strict=True):
            if done.done():  # they gave up
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
                done.exception()  # a caller who left has no one to hear it
            else:
                done.set_result(result)


class Gatherings:
    """A gathering for each kind of work, made when it is first asked for."""

    def __init__(self) -> None:
        self._kinds: dict[Any, Gathering[Any, Any]] = {}

    async def share(
        self, work: Work[Item, Result], item: Item, at_once: int = 1, linger: int = 0
    ) -> Result:
        """As `Gathering.join`, among those who want the same `work`: a function of a module."""
        kind = self._kinds.get(work)
        if kind is None:
            kind = self._kinds[work] = Gathering(work, at_once=at_once, linger=linger)
        result: Result = await kind.join(item)
        return result

    async def close(self) -> None:
        """Finish for those who are waiting."""
        for kind in self._kinds.values():
            await kind.close()


def _apart(error: Exception) -> Apart:
    apart = Apart()  # one for each: an exception keeps the way that it was raised
    apart.__cause__ = error
    return apart
