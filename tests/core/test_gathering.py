"""`app/core/gathering.py`: one doing for those who wait together, and each told for their own."""

import asyncio
from collections.abc import Sequence

import pytest

from app.core.gathering import Apart, Gathering, Gatherings


class Tripled:
    """Work that can be held up: notes its groups, trips over 13, and breaks on a zero."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(items))
        self.begun.set()
        await self.open.wait()
        if 0 in items:
            raise ZeroDivisionError
        return [ValueError(each) if each == 13 else each * 3 for each in items]


async def test_the_first_goes_at_once_and_the_next_gather_meanwhile() -> None:
    work = Tripled()
    gathering = Gathering(work)
    work.open.clear()
    first = asyncio.create_task(gathering.join(1))
    await work.begun.wait()
    rest = [asyncio.create_task(gathering.join(each)) for each in (2, 3, 4)]
    await asyncio.sleep(0)
    work.open.set()
    assert await asyncio.gather(first, *rest) == [3, 6, 9, 12]
    assert work.groups == [[1], [2, 3, 4]]


async def test_a_crowd_is_worked_for_in_groups_of_bounded_size() -> None:
    work = Tripled()
    gathering = Gathering(work, most=2)
    assert await asyncio.gather(*map(gathering.join, range(1, 6))) == [3, 6, 9, 12, 15]
    assert work.groups == [[1, 2], [3, 4], [5]]


async def test_a_group_lingers_for_those_who_have_already_spoken() -> None:
    work = Tripled()
    gathering = Gathering(work, at_once=2, linger=3)

    async def heard_after(turns: int, item: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await gathering.join(item)

    told = await asyncio.gather(*(heard_after(turns, turns + 1) for turns in range(3)))
    assert told == [3, 6, 9]
    assert work.groups == [[1, 2, 3]], "one group, and none for the worker that came too late"
    await gathering.close()


async def test_a_second_group_goes_while_the_first_waits_where_two_may() -> None:
    work = Tripled()
    gathering = Gathering(work, at_once=2)
    work.open.clear()
    told = []
    for each in (1, 2):
        work.begun.clear()
        told.append(asyncio.create_task(gathering.join(each)))
        await work.begun.wait()
    told += [asyncio.create_task(gathering.join(each)) for each in (3, 4)]
    await asyncio.sleep(0)
    assert work.groups == [[1], [2]]
    work.open.set()
    assert await asyncio.gather(*told) == [3, 6, 9, 12]
    assert work.groups == [[1], [2], [3, 4]]
    await gathering.close()


async def test_what_came_of_one_item_is_raised_at_its_caller_alone() -> None:
    gathering = Gathering(Tripled())
    good, bad = await asyncio.gather(*map(gathering.join, (1, 13)), return_exceptions=True)
    assert good == 3
    assert isinstance(bad, ValueError)


async def test_when_the_work_breaks_each_is_told_to_go_alone_and_the_next_are_served() -> None:
    gathering = Gathering(Tripled())
    told = await asyncio.gather(*map(gathering.join, (1, 0)), return_exceptions=True)
    assert [type(each) for each in told] == [Apart, Apart]
    assert told[0] is not told[1]
    assert isinstance(told[0], Apart)
    assert isinstance(told[0].__cause__, ZeroDivisionError)
    assert await gathering.join(2) == 6


async def test_one_who_leaves_disturbs_nobody_and_is_worked_for() -> None:
    work = Tripled()
    gathering = Gathering(work)
    leaving, staying = (asyncio.create_task(gathering.join(each)) for each in (1, 2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 6
    assert work.groups == [[1, 2]]
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_each_kind_of_work_gathers_by_itself_and_closing_ends_all() -> None:
    one, other = Tripled(), Tripled()
    gatherings = Gatherings()
    waiting = [
        asyncio.create_task(gatherings.share(work, each))
        for each in (1, 2)
        for work in (one, other)
    ]
    await asyncio.sleep(0)
    await gatherings.close()
    assert one.groups == other.groups == [[1, 2]]
    assert await asyncio.gather(*waiting) == [3, 3, 6, 6]
