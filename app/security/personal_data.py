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
    """What is known of whoever chooses a password, as it was given or as it is stored.

    `names` are theirs and their companies', `numbers` phones and tax ids, with or without masks.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        *,
        name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        tax_id: str | None = None,
        company: str | None = None,
    ) -> "Person":
        """From single texts, each of which may be unknown."""
        return cls(_known(name, company), _known(email), _known(phone, tax_id))

    def pieces(self) -> frozenset[str]:
        """The words, of four letters or more, by which the person is known: in `plain` form."""
        found: set[str] = set()
        for name in self.names:
            found |= _words(name)
        for email in self.emails:
            local, _, domain = email[:_LONGEST].partition("@")
            found |= _words(local)
            found |= _words(domain.rpartition(".")[0])  # the last label is a country or ".com"
        return frozenset(found)

    def number_parts(self) -> frozenset[str]:
        """Every six characters in a row of the numbers, and of the digits in the addresses."""
        in_emails = (_NUMBER.findall(plain(email[:_LONGEST])) for email in self.emails)
        texts = [*self.numbers, *(digits for found in in_emails for digits in found)]
        return frozenset(window for text in texts for window in _windows(text))


def is_personal(password: str, person: Person) -> bool:
    """Whether the password, of at most some hundred characters, holds a piece of the person.

    Read without case, accents and symbols, with digits for letters, forwards and backwards.
    """
    text = plain(password)
    together = only_letters_and_digits(text)
    if any(number in together or number[::-1] in together for number in person.number_parts()):
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


def _known(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _words(text: str) -> set[str]:
    words = _WORD.findall(plain(text[:_LONGEST]))
    # "Ana Lia" has no word long enough, yet is a name; "maria1985" holds one.
    candidates = [*words, "".join(words), *(part for word in words for part in _split(word))]
    return {word for word in candidates if sum(map(str.isalpha, word)) >= SHORTEST_PIECE}


def _split(word: str) -> list[str]:
    return [] if word.isalpha() else _LETTERS.findall(word)


def _windows(text: str) -> Iterator[str]:
    signs = only_letters_and_digits(plain(text[:_LONGEST]))
    for start in range(len(signs) - SHORTEST_NUMBER + 1):
        yield signs[start : start + SHORTEST_NUMBER]
