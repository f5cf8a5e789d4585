"""`app/core/turns.py`: one after the other for the same key, in the order of their coming."""

import asyncio

from app.core.turns import Turns


async def test_those_of_one_key_go_one_after_the_other_and_hold_up_no_other() -> None:
    turns, open_, done = Turns(), asyncio.Event(), list[str]()

    async def go(key: str, name: str) -> None:
        async with turns.of(key):
            if name == "first":
                await open_.wait()
            done.append(name)

    first = asyncio.create_task(go("a", "first"))
    later = [asyncio.create_task(go("a", name)) for name in ("second", "third")]
    await go("b", "other")
    assert done == ["other"]
    open_.set()
    await asyncio.gather(first, *later)
    assert done == ["other", "first", "second", "third"]


async def test_a_key_is_forgotten_when_nobody_is_in_its_queue() -> None:
    turns = Turns()
    async with turns.of("a"):
        assert len(turns._queues) == 1
    assert len(turns._queues) == 0


async def test_one_who_gives_up_holds_nobody_up() -> None:
    turns = Turns()
    async with turns.of("a"):
        waiting = asyncio.create_task(turns.of("a").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(10), turns.of("a"):
        pass
