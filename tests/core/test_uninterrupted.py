import asyncio

import pytest

from app.core.uninterrupted import Uninterrupted


async def test_work_goes_on_without_its_caller_and_is_undone() -> None:
    uninterrupted, done, undone = Uninterrupted(), list[str](), list[str]()
    begun = asyncio.Event()

    async def work() -> str:
        begun.set()
        await asyncio.sleep(0.01)
        done.append("work")
        return "result"

    async def undo(result: str) -> None:
        undone.append(result)

    caller = asyncio.create_task(uninterrupted(work(), undo))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == []
    await uninterrupted.close()
    assert (done, undone) == (["work"], ["result"])


async def test_work_with_a_caller_is_not_undone() -> None:
    async def work() -> int:
        return 7

    async def undo(_: int) -> None:
        raise AssertionError("its caller has it")

    assert await Uninterrupted()(work(), undo) == 7


async def test_errors_reach_the_caller_who_stays_and_nobody_else() -> None:
    uninterrupted, begun = Uninterrupted(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.01)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it has no text
        await uninterrupted(work())
    begun.clear()
    caller = asyncio.create_task(uninterrupted(work()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await uninterrupted.close()
