"""The three ways in which a throttle lets tries through, each on counters of its own.

All of them answer `wait` without counting, and count in `enter` by one atomic step.
"""

from typing import Final

from app.security.counters import Counters
from app.security.throttle_rules import Budget, Pace

TURN_SECONDS: Final = 3_600
"""How long a turn is kept for who waited for it; longer than any other wait."""


class Paced:
    """Some tries at once, then one after a wait that doubles: the gate is open once it expired."""

    def __init__(self, counters: Counters, name: str, pace: Pace) -> None:
        self._counters = counters
        self._pace = pace
        self._tries, self._passed, self._gate = f"{name}:tries", f"{name}:passed", f"{name}:gate"

    async def wait(self) -> float:
        """Seconds until a try may pass; 0 when it may now."""
        if await self._counters.read(self._tries) < self._pace.tries - 1:
            return 0.0
        return await self._counters.left(self._gate)

    async def enter(self) -> bool:
        """Whether this try passes. Of many at once no more do than of many in turn."""
        # The last of the tries that need no wait goes through the gate, and shuts it.
        if await self._counters.add(self._tries, self._pace.seconds) < self._pace.tries:
            return True
        passed = await self._counters.read(self._passed)
        shut = min(2**passed, self._pace.longest)
        if await self._counters.add(self._gate, shut) > 1:
            return False
        await self._counters.add(self._passed, self._pace.seconds)
        return True

    async def forget(self) -> None:
        """Begin anew."""
        for key in (self._tries, self._passed, self._gate):
            await self._counters.clear(key)

    async def give_back(self) -> None:
        """Take the try that went well out of the count."""
        if await self._counters.read(self._tries) > 0:
            await self._counters.add(self._tries, self._pace.seconds, -1)


class Budgeted:
    """Some tries in a stretch of time that begins with the first."""

    def __init__(self, counters: Counters, name: str, budget: Budget) -> None:
        self._counters = counters
        self._name = name
        self._budget = budget

    async def wait(self) -> float:
        """Seconds until a try may pass; 0 when it may now."""
        if await self._counters.read(self._name) < self._budget.tries:
            return 0.0
        return await self._counters.left(self._name)

    async def enter(self) -> bool:
        """Whether this try passes."""
        return await self._counters.add(self._name, self._budget.seconds) <= self._budget.tries

    async def give_back(self) -> None:
        """Take the try that went well out of the count."""
        if await self._counters.read(self._name) > 0:
            await self._counters.add(self._name, self._budget.seconds, -1)


class Turn:
    """A place kept for an account in one network: whoever waited gets in, whatever others do."""

    def __init__(self, counters: Counters, name: str) -> None:
        self._counters = counters
        self._kept, self._taken = f"{name}:turn", f"{name}:taken"

    async def wait(self) -> float | None:
        """Seconds until the turn; 0 when it has come, None when there is none."""
        left = await self._counters.left(self._kept)
        return max(left - TURN_SECONDS, 0.0) if left else None

    async def reserve(self, wait: int) -> None:
        """Keep a turn in `wait` seconds."""
        await self._counters.add(self._kept, wait + TURN_SECONDS)

    async def take(self) -> bool:
        """Use a turn that has come. Of many at once, one does."""
        if await self.wait() != 0 or await self._counters.add(self._taken, 1) > 1:
            return False
        await self._counters.clear(self._kept)
        return True
