"""Wrapping the old system's MD5 in Argon2id, on every core this process may use.

Threads, not processes: Argon2 leaves the interpreter alone while it works, and two of them did
twice what one did (65 hashes a second against 35, as many as with two processes).
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from app.core.cores import usable_cores
from app.core.settings import Settings
from app.security.hashing_pool import HashingPool
from app.services.legacy_rows import OldHash
from app.services.platform import password_hasher

MOST_AT_ONCE: Final = 1000
"""Hashes that may be asked for in one call of `wrap`."""

_TRIAL = OldHash("0" * 32, None)


class Wrapping:
    """A pool of its own: the service's is narrow on purpose, and turns a storm away."""

    def __init__(self, settings: Settings) -> None:
        self.cores = usable_cores()
        self._pool = HashingPool(password_hasher(settings), self.cores, MOST_AT_ONCE)

    async def wrap(self, old: Sequence[OldHash]) -> list[str]:
        """What to store for each, in order. The event loop stays free meanwhile."""
        return await asyncio.gather(*(self._pool.wrap_md5(one.digest, one.salt) for one in old))

    async def rate(self) -> float:
        """Hashes per second on all cores together, as measured now: a dozen on each."""
        await self.wrap([_TRIAL] * self.cores)  # the threads start, the memory is touched
        sample = [_TRIAL] * min(12 * self.cores, MOST_AT_ONCE)
        started = time.perf_counter()
        await self.wrap(sample)
        return len(sample) / (time.perf_counter() - started)

    def close(self) -> None:
        """End the threads."""
        self._pool.close()


def spoken(seconds: float) -> str:
    """A duration as an operator wants to hear it: ``about 26 min``."""
    if seconds < 60:
        return "less than a minute"
    if seconds < 120 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
