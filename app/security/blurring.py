"""Blurs figures about groups of visitors, so that nobody can be seen in them by coming or going.

Noise is added, of two parts, each a whole number from -`WIDEST` to `WIDEST` times what one visitor
weighs in the figure, small ones likelier (discrete Laplace, cut off): the first hangs on what is
counted alone, the second on the true figure as well. Both are drawn with a secret key and not at
random: the same question has the same answer however often it is asked. Whoever changes the true
figure (adding visitors of their own, taking them back) draws the second part anew, and may average
that away, but never the first.

What the first part promises (differential privacy): any answer, and all answers to one question
while its group is changed by what the asker does, are at most e^(1/`SCALE`) = 1.4 times as likely
with a certain visitor as without, but for cases of a probability of 0.4 % where noise ends. It does
not matter who else is in the group, how many are the asker's own, and how well they are known. For
k questions about the same visitor that is 1.4 to the power of k, and k times 0.4 %.
"""

import hmac
import json
from bisect import bisect_right
from itertools import accumulate
from math import exp
from typing import Final

SMALLEST: Final = 10
"""Visitors that a group which is shown has for certain."""
SCALE: Final = 3
WIDEST: Final = 12
SHOWN_FROM: Final = SMALLEST + 2 * WIDEST
"""Visitors, blurred. It is never the true figure that decides: that would tell the tenth one."""
STEP: Final = 10
"""What is shown is rounded down to a multiple of it."""
MOST_EACH: Final = 5
"""Events of one visitor in one group that count; one visitor weighs so much in that figure."""

_BITS: Final = 64

Question = tuple[str | None, ...]
"""What is counted: any texts, which together name the group."""


class _Noise:
    """Noise for a figure in which one visitor weighs `weight`: so much wider in whole numbers (and
    not in steps of `weight`, which would leave the true figure's remainder bare)."""

    def __init__(self, weight: int) -> None:
        widest = WIDEST * weight
        self._values = range(-widest, widest + 1)
        *parts, whole = accumulate(exp(-abs(value) / (SCALE * weight)) for value in self._values)
        self._ends = [round(2**_BITS * part / whole) for part in parts]

    def at(self, drawn: int) -> int:
        """The noise that a number of `_BITS` random bits stands for."""
        return self._values[bisect_right(self._ends, drawn)]


_OF_VISITORS: Final = _Noise(1)
_OF_EVENTS: Final = _Noise(MOST_EACH)


class Blur:
    """Blurs under one `key` of 32 bytes. Another key draws other noise."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def visitors(self, question: Question, true: int) -> int | None:
        """How many, to be shown; None for a group that is not, which is each of fewer than ten."""
        about = ("visitors", *question)
        blurred = true + self._draw(_OF_VISITORS, *about) + self._draw(_OF_VISITORS, *about, true)
        return blurred // STEP * STEP if blurred >= SHOWN_FROM else None

    def events(self, question: Question, true: int) -> int:
        """The same of events, of which no visitor has more than `MOST_EACH`; 0 at least."""
        about = ("events", *question)
        blurred = true + self._draw(_OF_EVENTS, *about) + self._draw(_OF_EVENTS, *about, true)
        return max(blurred // STEP * STEP, 0)

    def _draw(self, noise: _Noise, *about: str | int | None) -> int:
        drawn = hmac.digest(self._key, json.dumps(about).encode(), "sha256")[: _BITS // 8]
        return noise.at(int.from_bytes(drawn))
