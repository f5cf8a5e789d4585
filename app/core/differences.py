"""What changed between two texts, as data: hunks of lines, and the words within changed lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["unchanged", "removed", "added"]

CONTEXT: Final = 3
"""Unchanged lines shown around a change."""
ALIKE: Final = 0.4
"""How much two lines must have in common for one to be the other one, changed."""
MOST_WORDS: Final = 5000
"""Words and blanks of a line beyond which it is only compared whole: that takes quadratic time."""

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of characters of one line: kept, taken away, or new."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `words`, joined, are its text; empty where no line like it stands opposite."""

    kind: Kind
    text: str
    words: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Hunk:
    """A change with what stands around it. Lines are counted from 1, as ``diff -u`` does.

    The lines that are not `added` are those of the old text from `old_start` on, those that are
    not `removed` the new one's from `new_start` on.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[Line, ...]


@lru_cache(maxsize=32)  # published texts never change, and they are few
def between(old: str, new: str, context: int = CONTEXT) -> tuple[Hunk, ...]:
    """The changes that lead from one text to the other; none when they are the same.

    Pure, and slow for long texts: run it beside the event loop.
    """
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(None, before, after)
    hunks = []
    for group in matcher.get_grouped_opcodes(context):
        lines: list[Line] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [Line("unchanged", text) for text in before[i1:i2]]
            else:
                lines += _changed(before[i1:i2], after[j1:j2])
        first, last = group[0], group[-1]
        hunks.append(
            Hunk(
                old_start=first[1] + 1,
                old_lines=last[2] - first[1],
                new_start=first[3] + 1,
                new_lines=last[4] - first[3],
                lines=tuple(lines),
            )
        )
    return tuple(hunks)


def _changed(removed: Sequence[str], added: Sequence[str]) -> list[Line]:
    """Lines that gave way to others. The first is held against the first, and so on."""
    pairs = [_words(old, new) for old, new in zip(removed, added, strict=False)]
    none = ((), ())
    old_words = [pair[0] for pair in pairs] + [none[0]] * (len(removed) - len(pairs))
    new_words = [pair[1] for pair in pairs] + [none[1]] * (len(added) - len(pairs))
    return [
        *(Line("removed", text, words) for text, words in zip(removed, old_words, strict=True)),
        *(Line("added", text, words) for text, words in zip(added, new_words, strict=True)),
    ]


def _words(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both lines in parts, if one is the other, changed; else nothing."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > MOST_WORDS:
        return (), ()
    matcher = SequenceMatcher(None, before, after)
    if matcher.ratio() < ALIKE:
        return (), ()
    ours: list[Part] = []
    theirs: list[Part] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if i2 > i1:
            ours.append(Part("unchanged" if tag == "equal" else "removed", "".join(before[i1:i2])))
        if j2 > j1:
            theirs.append(Part("unchanged" if tag == "equal" else "added", "".join(after[j1:j2])))
    return tuple(ours), tuple(theirs)
