"""Passwords that everybody tries first: zxcvbn's list, ours for Brazil, and the operator's own."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.core.passwords import LONGEST_NEW_PASSWORD
from app.security.plain_text import as_letters, only_letters_and_digits, plain

MOST_LINES: Final = 1_000_000
"""Lines that an operator's file may have; each takes about a hundred bytes of memory."""

_SHORTEST_WORD: Final = 4
_MOST_AROUND: Final = 6
_LONGEST_DISGUISED: Final = 40  # longer ones are looked up as they are: nobody's habit, and slow


class CommonPasswords:
    """The lists, kept in memory; a look-up takes microseconds, and any text.

    `file` is the operator's: UTF-8, a password a line. Raises `OSError` where it cannot be read,
    `ValueError` where it is no UTF-8 or has over `MOST_LINES` lines.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._own = frozenset(_keys(_lines(file))) if file is not None else frozenset()
        self._known = _built_in()

    def is_common(self, password: str) -> bool:
        """Whether the password is on a list, or is a listed one in a thin disguise.

        Case, accents and symbols count for nothing, nor do digits that stand for letters, nor up to
        six digits and symbols before and after it: ``Senha@2026`` and ``p4$$w0rd!`` are common.
        """
        if not password or len(password) > LONGEST_NEW_PASSWORD:
            return False
        text = plain(password)
        spelled = as_letters(text)
        for start, end in _cuts(text):
            for candidate in (text[start:end], spelled[start:end]):
                if self._knows(candidate) or self._knows(only_letters_and_digits(candidate)):
                    return True
        return False

    def _knows(self, candidate: str) -> bool:
        return len(candidate) >= _SHORTEST_WORD and (
            candidate in self._known or candidate in self._own
        )


def words() -> list[str]:
    """Our own list, the likeliest first."""
    text = files(__package__).joinpath("words", "common.pt-BR.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def _built_in() -> frozenset[str]:
    return frozenset(_keys([*FREQUENCY_LISTS["passwords"], *words()]))


def _keys(passwords: Iterable[str]) -> Iterator[str]:
    """What to look a password up by: as it is, and without its symbols."""
    for password in passwords:
        text = plain(password)
        yield text
        if not text.isalnum():
            yield only_letters_and_digits(text)


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if number > MOST_LINES:
                    raise ValueError(f"{file}: more than {MOST_LINES} lines")
                if password := line.strip()[: LONGEST_NEW_PASSWORD + 1]:
                    yield password
    except UnicodeDecodeError:
        raise ValueError(f"{file}: not UTF-8") from None


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Where to cut `text`, so that up to six characters, none of them a letter, fall off."""
    if len(text) > _LONGEST_DISGUISED:
        yield 0, len(text)
        return
    before, after = _run(text), _run(text[::-1])
    for first in range(min(before, _MOST_AROUND) + 1):
        for last in range(min(after, _MOST_AROUND - first) + 1):
            if len(text) - first - last >= _SHORTEST_WORD:
                yield first, len(text) - last


def _run(text: str) -> int:
    """How many characters come before the first letter."""
    return next((place for place, c in enumerate(text) if c.isalpha()), len(text))
