"""Password hashing beside the event loop: a few threads, a short queue, and "busy" beyond it."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from app.core.errors import Failure
from app.security.passwords import PasswordHasher, Verdict

P = ParamSpec("P")
T = TypeVar("T")


class HashingPool:
    """Runs one `PasswordHasher` on `workers` threads, with at most `queue` jobs waiting for one.

    `niceness` is by how many steps (0 to 19) the threads stand back for everyone else, on Linux.
    """

    def __init__(
        self, hasher: PasswordHasher, workers: int, queue: int, *, niceness: int = 10
    ) -> None:
        self._hasher = hasher
        self._places = threading.BoundedSemaphore(workers + queue)
        self._threads = ThreadPoolExecutor(workers, "hashing", _stand_back, (niceness,))

    async def hash(self, password: str) -> str:
        """`PasswordHasher.hash`; raises Failure("hashing_busy") when no place is free."""
        return await self.run(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """`PasswordHasher.verify`; raises Failure("hashing_busy") when no place is free."""
        return await self.run(self._hasher.verify, password, stored)

    async def wrap_md5(self, digest_hex: str, salt: str | None) -> str:
        """`PasswordHasher.wrap_md5`; raises Failure("hashing_busy") when no place is free."""
        return await self.run(self._hasher.wrap_md5, digest_hex, salt)

    def close(self) -> None:
        """Ends the threads once the accepted jobs are done; from now on every call is "busy"."""
        self._threads.shutdown(wait=True)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Other work on passwords, in the same threads; raises Failure("hashing_busy") likewise."""
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            job = self._threads.submit(work, *args, **kwargs)
        except RuntimeError:  # closed for good: its places no longer matter
            raise _busy() from None
        # Called when the job ends, and at once when a caller who gave up cancels a waiting one.
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)


def _busy() -> Failure:
    return Failure("hashing_busy", headers={"Retry-After": "1"})


def _stand_back(niceness: int) -> None:
    """Lowers the calling thread's priority.

    Hashing fills whole cores for tens of milliseconds. At equal priority a storm of sign-ins takes
    the event loop's time slices and every other request waits; ten steps of niceness give the loop
    about nine times the weight of a hashing thread, so that only sign-ins get slower.
    Only Linux keeps a priority per thread: elsewhere the call would slow the whole process.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        # From where the process stands: asking for a higher priority than that is refused.
        lowered = os.getpriority(os.PRIO_PROCESS, thread) + niceness
        os.setpriority(os.PRIO_PROCESS, thread, min(lowered, 19))
