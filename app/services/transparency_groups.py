"""Groups of requests that may be published: none of fewer than ten, shown or worked out.

What leaves is a *partition*: every request of the whole is in exactly one of the published groups,
and each of these has at least `SMALLEST`. Whatever anybody adds up or subtracts, they get the size
of a union of published groups, which is none or at least ten: there is no total beside the parts
that says more than they do. Small groups are merged into `OTHER`, and where they are too few by
themselves, a large one is given up to them; so `OTHER` is never a single group whose name is
missing. Groups of none are not named, whether `OTHER` holds small ones or not.

Whoever reads a report knows these rules, too. Which large group is given up must not depend on its
size: if it were the smallest, it could not be larger than any that is named, and that can be enough
to tell what the small ones are. It is the first by an order that was written down beforehand. And
where every small group has nine, their sum would tell: then one is given up as well.

A year is made of its two half-years, which stand published beside it: subtracting one from it would
give the other. So a year says nothing that its halves do not say together (`joined`): it names what
both name, and sums it. Of a year with a half that is too small to say anything it says nothing,
even where both are: of 18 requests, each half with fewer than ten would have nine.
"""

from collections.abc import Mapping, Sequence
from typing import Final

SMALLEST: Final = 10
OTHER: Final = "other"
"""All groups that are not named, together. No kind, basis, outcome or reason has this name."""

Groups = Mapping[str, int]
"""Sizes by name, those of a whole; empty where the whole is not divided."""


def merged(sizes: Groups, order: Sequence[str]) -> dict[str, int]:
    """The partition that may be published of groups of these sizes, the largest first.

    `order` has every name that there can be: which is given up first. Empty where no group could be
    named.
    """
    named = {name: size for name, size in sizes.items() if size >= SMALLEST}
    small = [size for size in sizes.values() if 0 < size < SMALLEST]
    rest = sum(small)
    if named and small and (rest < SMALLEST or rest == (SMALLEST - 1) * len(small)):
        rest += named.pop(next(name for name in order if name in named))
    return _ordered(named, rest) if named else {}


def joined(halves: tuple[Groups, Groups], wholes: tuple[int, int]) -> dict[str, int]:
    """The partition of a year out of those published of its halves, and how many these are of.

    It tells nothing that the two do not tell together.
    """
    names = {*halves[0], *halves[1]} - {OTHER}
    named = {}
    for name in names:
        first, second = (
            _known(half, name, whole) for half, whole in zip(halves, wholes, strict=True)
        )
        if first is not None and second is not None:
            named[name] = first + second
    return _ordered(named, sum(wholes) - sum(named.values())) if named else {}


def shown(size: int) -> int | None:
    """The size of a whole, where it may be told."""
    return size if size >= SMALLEST else None


def _known(half: Groups, name: str, whole: int) -> int | None:
    """The size of a group as far as everybody knows it: none, where all others are named."""
    if name in half:
        return half[name]
    return 0 if whole == 0 or (half and OTHER not in half) else None


def _ordered(named: Mapping[str, int], rest: int) -> dict[str, int]:
    groups = dict(sorted(named.items(), key=lambda group: (-group[1], group[0])))
    return groups | ({OTHER: rest} if rest else {})
