"""A password as a guesser reads it: without accents and case, and with digits read as letters."""

import unicodedata
from typing import Final, Literal

_SPELLED: Final = {
    "a": "4@",
    "b": "8",
    "c": "([{<¢",
    "e": "3€",
    "g": "69",
    "i": "1!|",
    "o": "0",
    "s": "$5",
    "t": "+",
    "x": "%",
    "z": "2",
}
_AS_LETTERS: Final = {ord(sign): letter for letter, signs in _SPELLED.items() for sign in signs}


def plain(text: str) -> str:
    """Lower case, composed, without accents; at most twice as long as its NFKC form.

    ``AÇÚCAR`` → ``acucar``, ``Senha-1`` → ``senha-1``. Takes any `str`.
    """
    return unaccented(text).casefold()


def unaccented(text: str) -> str:
    """In NFKC and without accents; upper case stays."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    marked = "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", marked)


def as_letters(text: str, seven: Literal["t", "l"] = "t") -> str:
    """`plain` text with the digits and symbols that stand for letters read so, one for one.

    ``s3nh@`` → ``senha``. A one is read as ``i``, a seven as `seven`.
    """
    return text.translate(_AS_LETTERS | {ord("7"): seven})


def only_letters_and_digits(text: str) -> str:
    """Without the blanks and symbols that break a word up: ``m.a-r i_a`` → ``maria``."""
    return "".join(c for c in text if c.isalnum())
