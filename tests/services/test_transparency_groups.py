"""`services/transparency_groups.py`: nobody works a small group out, whoever knows the rules."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from app.services.transparency_groups import OTHER, SMALLEST, joined, merged, shown

ORDER = "fedcba"

sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40))


def told(half: dict[str, int]) -> tuple[int | None, dict[str, int]]:
    """What is published of one half-year: its whole, and how that is divided."""
    whole = shown(sum(half.values()))
    return whole, {} if whole is None else merged(half, ORDER)


def year_of(
    first: tuple[int | None, dict[str, int]], second: tuple[int | None, dict[str, int]]
) -> tuple[int | None, dict[str, int]]:
    if first[0] is None or second[0] is None:
        return None, {}
    return first[0] + second[0], joined((first[1], second[1]), (first[0], second[0]))


@given(sizes)
def test_published_groups_are_a_partition_without_a_small_one(given_sizes: dict[str, int]) -> None:
    groups = merged(given_sizes, ORDER)
    assert all(size >= SMALLEST for size in groups.values())
    if groups:
        assert sum(groups.values()) == sum(given_sizes.values())
        assert all(given_sizes[name] == size for name, size in groups.items() if name != OTHER)
        merged_ones = [size for name, size in given_sizes.items() if name not in groups and size]
        assert (OTHER in groups) == (len(merged_ones) >= 2)
        assert len(merged_ones) != 1  # one that is missing could be told by its name


@given(sizes, sizes)
def test_a_year_tells_no_more_than_its_halves(one: dict[str, int], two: dict[str, int]) -> None:
    first, second = told(one), told(two)
    whole, groups = year_of(first, second)
    if whole is None:
        return
    assert not groups or sum(groups.values()) == whole
    for name, size in groups.items():
        assert size >= SMALLEST
        if name != OTHER:
            assert size == one.get(name, 0) + two.get(name, 0)
            for published in (first[1], second[1]):  # named there, or known to be none
                assert name in published or OTHER not in published
    # The difference between a year's group and a half's is the other half's, which is published.
    for mine, other in ((first, second), (second, first)):
        for name in groups.keys() & mine[1].keys() - {OTHER}:
            assert groups[name] - mine[1][name] == other[1].get(name, 0)


Worlds = dict[Hashable, list[tuple[int, ...]]]


def worlds_up_to(most: int, groups: int) -> Iterator[tuple[int, ...]]:
    """Every division of every whole up to this size: of no answer one is missing."""
    if groups == 1:
        yield from ((size,) for size in range(most + 1))
        return
    for size in range(most + 1):
        for others in worlds_up_to(most - size, groups - 1):
            yield (size, *others)


def worlds_by_answer(
    worlds: Iterable[tuple[int, ...]], answer: Callable[[tuple[int, ...]], Hashable]
) -> Worlds:
    found: Worlds = defaultdict(list)
    for world in worlds:
        found[answer(world)].append(world)
    return found


def demand_no_small_number_certain(
    worlds: Worlds, numbers: Callable[[tuple[int, ...]], tuple[int, ...]]
) -> None:
    """Who knows the rules, and tries every world that gives this answer, is sure of none."""
    for answer, possible in worlds.items():
        for candidates in zip(*map(numbers, possible), strict=True):
            values = set(candidates)
            assert len(values) > 1 or not 0 < values.pop() < SMALLEST, (answer, possible[:3])


def frozen(published: tuple[int | None, dict[str, int]]) -> Hashable:
    return published[0], tuple(sorted(published[1].items()))


def test_who_tries_every_world_is_sure_of_no_small_group() -> None:
    for groups, most in ((2, 60), (3, 45), (4, 33)):
        names = "abcd"[:groups]

        def answer(world: tuple[int, ...], names: str = names) -> Hashable:
            return frozen(told(dict(zip(names, world, strict=True))))

        worlds = worlds_by_answer(worlds_up_to(most, groups), answer)
        demand_no_small_number_certain(worlds, lambda world: (*world, sum(world)))


def test_nor_who_holds_a_year_against_its_halves() -> None:
    def answer(world: tuple[int, ...]) -> Hashable:
        first = told({"a": world[0], "b": world[1]})
        second = told({"a": world[2], "b": world[3]})
        return frozen(first), frozen(second), frozen(year_of(first, second))

    def numbers(world: tuple[int, ...]) -> tuple[int, ...]:
        a, b, c, d = world
        return a, b, c, d, a + b, c + d, a + c, b + d, a + b + c + d

    worlds = worlds_by_answer(worlds_up_to(40, 4), answer)
    demand_no_small_number_certain(worlds, numbers)


def test_the_attack_finds_what_a_naive_report_gives_away() -> None:
    """The same attack on reports that leave small groups out, and sum years by themselves."""

    def left_out(world: tuple[int, ...]) -> Hashable:
        return sum(world), tuple(size if size >= SMALLEST else None for size in world)

    def found(worlds: Worlds, numbers: Callable[[tuple[int, ...]], tuple[int, ...]]) -> bool:
        try:
            demand_no_small_number_certain(worlds, numbers)
        except AssertionError:
            return True
        return False

    everything = list(worlds_up_to(40, 2))
    assert found(worlds_by_answer(everything, left_out), lambda world: world)

    def smallest_given_up(world: tuple[int, ...]) -> Hashable:
        named = sorted(size for size in world if size >= SMALLEST)
        rest = sum(world) - sum(named)
        while named and 0 < rest < SMALLEST:
            rest += named.pop(0)
        return tuple(size if size in named else None for size in world), rest

    three = list(worlds_up_to(45, 3))
    assert found(worlds_by_answer(three, smallest_given_up), lambda world: world)

    def by_itself(world: tuple[int, ...]) -> Hashable:
        return *map(shown, world), shown(sum(world))

    assert found(worlds_by_answer(everything, by_itself), lambda world: world)
