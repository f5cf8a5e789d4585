"""Whether a password is made of what is known of its owner."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.security.plain_text import as_letters, only_letters_and_digits, plain

SHORTEST_PIECE: Final = 4
"""Letters of a name or an e-mail address that a password must not hold in a row."""
SHORTEST_NUMBER: Final = 6
"""Characters of a phone or a tax id that a password must not hold in a row."""

_LONGEST: Final = 320
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_NUMBER: Final = re.compile(rf"\d{{{SHORTEST_NUMBER},}}")


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whoever chooses a password; what is not known is None.

    Texts as they were given or as they are stored, with or without masks.
    """

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    tax_id: str | None = field(default=None, repr=False)
    company: str | None = field(default=None, repr=False)

    def pieces(self) -> frozenset[str]:
        """The words, of four letters or more, by which the person is known: in `plain` form."""
        found: set[str] = set()
        for text in (self.name, self.company):
            found |= _words(text)
        local, _, domain = (self.email or "")[:_LONGEST].partition("@")
        found |= _words(local)
        found |= _words(domain.rpartition(".")[0])  # the last label is a country or ".com"
        return frozenset(found)

    def numbers(self) -> frozenset[str]:
        """Every six characters in a row of the phone, the tax id and the e-mail's digits."""
        texts = [self.phone, self.tax_id, *_NUMBER.findall(plain((self.email or "")[:_LONGEST]))]
        return frozenset(window for text in texts for window in _windows(text))


def is_personal(password: str, person: Person) -> bool:
    """Whether the password, of at most some hundred characters, holds a piece of the person.

    Read without case, accents and symbols, with digits for letters, forwards and backwards.
    """
    text = plain(password)
    together = only_letters_and_digits(text)
    if any(number in together or number[::-1] in together for number in person.numbers()):
        return True
    readings = set(_readings(text))
    return any(
        shape in reading
        for piece in person.pieces()
        for shape in (_shape(piece), _shape(piece)[::-1])
        for reading in readings
    )


def _readings(text: str) -> Iterator[str]:
    """The password with symbols as separators and as letters, and sevens as both they stand for."""
    for base in (text, only_letters_and_digits(text)):
        for letters in (as_letters(base, "t"), as_letters(base, "l")):
            yield _shape(only_letters_and_digits(letters))


def _shape(letters: str) -> str:
    """What looks alike made the same: a one may stand for an ``i`` or an ``l``."""
    return as_letters(letters).replace("l", "i")


def _words(text: str | None) -> set[str]:
    if not text:
        return set()
    words = _WORD.findall(plain(text[:_LONGEST]))
    # "Ana Lia" has no word long enough, yet is a name; "maria1985" holds one.
    candidates = [*words, "".join(words), *(part for word in words for part in _split(word))]
    return {word for word in candidates if sum(map(str.isalpha, word)) >= SHORTEST_PIECE}


def _split(word: str) -> list[str]:
    return [] if word.isalpha() else _LETTERS.findall(word)


def _windows(text: str | None) -> Iterator[str]:
    signs = only_letters_and_digits(plain((text or "")[:_LONGEST]))
    for start in range(len(signs) - SHORTEST_NUMBER + 1):
        yield signs[start : start + SHORTEST_NUMBER]
