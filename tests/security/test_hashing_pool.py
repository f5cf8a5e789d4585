import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import pytest

from app.core.errors import Failure
from app.security.hashing_pool import HashingPool
from app.security.passwords import PasswordHasher, PasswordUnusable, Verdict

SLOW = PasswordHasher(time_cost=30, memory_cost_kib=8192, parallelism=1)  # about 0.2 s


@pytest.fixture
def pool() -> Iterator[HashingPool]:
    """One thread, one place to wait."""
    pool = HashingPool(SLOW, workers=1, queue=1)
    yield pool
    pool.close()


async def settle() -> None:
    """Lets the tasks that were just made take their places."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_it_hashes_and_verifies(hasher: PasswordHasher) -> None:
    pool = HashingPool(hasher, workers=2, queue=2)
    stored = await pool.hash("Senha-1!x")
    assert await pool.verify("Senha-1!x", stored) == Verdict(ok=True, needs_rehash=False)
    assert await pool.verify("wrong", stored) == Verdict(ok=False, needs_rehash=False)
    assert await pool.verify("Senha-1!x", None) == Verdict(ok=False, needs_rehash=False)
    pool.close()


async def test_beyond_the_queue_it_is_busy_and_afterwards_free_again(pool: HashingPool) -> None:
    results = await asyncio.gather(
        *(pool.verify("Senha-1!x", None) for _ in range(4)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, Failure)]
    assert [result for result in results if isinstance(result, Verdict)] == 2 * [
        Verdict(ok=False, needs_rehash=False)
    ]
    assert [(busy.code, busy.headers) for busy in refused] == 2 * [
        ("hashing_busy", {"Retry-After": "1"})
    ]
    assert not (await pool.verify("Senha-1!x", None)).ok


async def test_the_event_loop_goes_on_while_it_hashes(pool: HashingPool) -> None:
    job = asyncio.create_task(pool.hash("Senha-1!x"))
    turns = 0
    while not job.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 10


async def test_a_caller_who_gives_up_while_waiting_frees_the_place(pool: HashingPool) -> None:
    running = asyncio.create_task(pool.hash("first"))
    waiting = asyncio.create_task(pool.hash("second"))
    await settle()
    with pytest.raises(Failure):
        await pool.hash("third")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not running.done()
    fourth = asyncio.create_task(pool.hash("fourth"))
    assert SLOW.verify("first", await running).ok
    assert SLOW.verify("fourth", await fourth).ok


async def test_a_caller_who_gives_up_while_hashing_keeps_the_place_to_the_end(
    pool: HashingPool,
) -> None:
    running = asyncio.create_task(pool.hash("first"))
    await asyncio.sleep(0.02)
    running.cancel()
    waiting = asyncio.create_task(pool.hash("second"))
    await settle()
    assert running.cancelled()
    with pytest.raises(Failure):  # the thread is still at it: no third job beside these
        await pool.hash("third")
    assert await waiting


async def test_an_error_reaches_the_caller_and_frees_the_place(pool: HashingPool) -> None:
    for _ in range(3):
        with pytest.raises(PasswordUnusable):
            await pool.hash("\ud800")


async def test_closing_finishes_what_was_accepted_and_takes_nothing_more(
    hasher: PasswordHasher,
) -> None:
    pool = HashingPool(hasher, workers=1, queue=5)
    accepted = [asyncio.create_task(pool.hash("Senha-1!x")) for _ in range(5)]
    await settle()
    pool.close()
    assert len(await asyncio.gather(*accepted)) == 5
    for _ in range(7):
        with pytest.raises(Failure, match="hashing_busy"):
            await pool.hash("Senha-1!x")


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's own priority exists on Linux only")
@pytest.mark.parametrize("niceness", [0, 7, 19])
async def test_its_threads_stand_back_and_the_loop_does_not(
    hasher: PasswordHasher, niceness: int
) -> None:
    def priority(thread: int) -> int:
        return os.getpriority(os.PRIO_PROCESS, thread)

    before = priority(threading.get_native_id())
    others = set(threading.enumerate())
    pool = HashingPool(hasher, workers=1, queue=0, niceness=niceness)
    await pool.hash("Senha-1!x")
    (thread,) = set(threading.enumerate()) - others
    assert thread.native_id is not None
    assert priority(thread.native_id) == min(before + niceness, 19)
    assert priority(threading.get_native_id()) == before
    pool.close()
