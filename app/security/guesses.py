"""How many guesses a password takes: zxcvbn's estimate, within a bounded time.

zxcvbn looks for words, dates, keyboard patterns, sequences and repeats, and finds the cheapest way
to put the password together from them. Three things of it we leave alone: its front door, which
keeps one caller's words in a global and fails above 72 characters; texts longer than `LONGEST`, of
which the stronger end counts (guessing it is part of guessing the whole); and texts whose digits
and symbols can be read as letters in hundreds of ways, each of which it would look up (seconds for
one password).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import Final

from zxcvbn.matching import (
    L33T_TABLE,
    RANKED_DICTIONARIES,
    add_frequency_lists,
    omnimatch,
    relevant_l33t_subtable,
)
from zxcvbn.scoring import most_guessable_match_sequence
from zxcvbn.time_estimates import guesses_to_score

from app.security.common_passwords import words
from app.security.plain_text import as_letters, plain, unaccented

LONGEST: Final = 48
"""Characters looked at in one go; the work grows with more than their square."""

_MOST_SPELLINGS: Final = 8
"""Of a text of `LONGEST` characters; a shorter one may have more, for the same work."""
_KNOWN_YEARS: Final = range(1940, 2060)

Lists = Mapping[str, Mapping[str, int]]
Found = tuple[Decimal, list[str]]

_HABITS: Final[Mapping[str, str]] = {
    "dictionary": "avoid_known_words",
    "spatial": "avoid_keyboard_patterns",
    "repeat": "avoid_repeats",
    "sequence": "avoid_sequences",
    "regex": "avoid_dates",
    "date": "avoid_dates",
}

# zxcvbn's own way of adding lists; its years end with 2019.
add_frequency_lists(
    {"common_in_brazil": words(), "years": [str(year) for year in reversed(_KNOWN_YEARS)]}
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """`score` is zxcvbn's: 0 under 10^3 guesses, 1 under 10^6, 2 under 10^8, 3 under 10^10, else 4.

    `habits` are codes of the catalogue of suggestions, for what made it cheap.
    """

    score: int
    habits: tuple[str, ...]


def estimate(password: str, known: Collection[str] = ()) -> Estimate:
    """Judge a password of at most some hundred characters; `known` are words of its owner's.

    Never raises for a text without control characters. Takes tens of milliseconds at worst, all
    of them with the interpreter's lock: for a thread, not for the event loop.
    """
    lists = {**RANKED_DICTIONARIES, "owner": dict.fromkeys(known, 1)}
    as_typed, as_read = unaccented(password), as_letters(plain(password))
    ends = [_cheaper(as_typed[:LONGEST], as_read[:LONGEST], lists)]
    if max(len(as_typed), len(as_read)) > LONGEST:
        ends.append(_cheaper(as_typed[-LONGEST:], as_read[-LONGEST:], lists))
    guesses, patterns = max(ends, key=_guesses)
    habits = dict.fromkeys(_HABITS[pattern] for pattern in patterns if pattern in _HABITS)
    return Estimate(guesses_to_score(guesses), tuple(habits))


def _cheaper(as_typed: str, as_read: str, lists: Lists) -> Found:
    """The way with fewer guesses. As read there are no digits and symbols left to be spelled."""
    found = _look(as_read, lists)
    return min(found, _look(as_typed, lists), key=_guesses) if _is_affordable(as_typed) else found


def _look(text: str, lists: Lists) -> Found:
    """The guesses that `text` takes, and the patterns of the cheapest way to them."""
    if not text:  # such as one of accents alone
        return Decimal(1), []
    found = most_guessable_match_sequence(text, omnimatch(text, lists))
    return found["guesses"], [match["pattern"] for match in found["sequence"]]


def _is_affordable(text: str) -> bool:
    signs = relevant_l33t_subtable(text, L33T_TABLE).values()
    spellings = prod(len(signs_of_letter) for signs_of_letter in signs)
    return bool(spellings * len(text) ** 2 <= _MOST_SPELLINGS * LONGEST**2)


def _guesses(found: Found) -> Decimal:
    return found[0]
