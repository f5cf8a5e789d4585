"""Many cases in one test, where collecting them singly would cost more than running them."""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

First = TypeVar("First", bound=Hashable)
Second = TypeVar("Second")


@contextmanager
def case(*names: object) -> Iterator[None]:
    """Whatever fails meanwhile says which case it was."""
    try:
        yield
    except BaseException as failure:
        failure.add_note("case: " + " ".join(map(str, names)))
        raise


def by_first(cases: Iterable[tuple[First, Second]]) -> dict[First, list[Second]]:
    """The pairs, gathered under what stands first in them."""
    found: dict[First, list[Second]] = {}
    for first, second in cases:
        found.setdefault(first, []).append(second)
    return found
