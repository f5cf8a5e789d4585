"""The texts of `tests/security/texts/`, and the ways in which people disguise a word."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "texts"
_ESCAPE: Final = re.compile(r"\\n|\\u[0-9a-f]{4}")
_MATHEMATICAL: Final = 0x1D41A  # bold small a
_FULL_WIDTH: Final = 0xFF41


def texts(name: str) -> list[str]:
    """A corpus: one text a line, `\\n` and `\\uXXXX` meant as in Python, `# ` before a remark."""
    lines = (_FOLDER / f"{name}.txt").read_text().splitlines()
    return [_ESCAPE.sub(_meant, line) for line in lines if line and not line.startswith("# ")]


def _meant(escape: re.Match[str]) -> str:
    return "\n" if escape[0] == r"\n" else chr(int(escape[0][2:], 16))


def _mapped(pairs: Mapping[str, str]) -> Callable[[str], str]:
    table = {ord(letter): sign for letter, sign in pairs.items()}
    return lambda word: word.lower().translate(table)


def _shifted(first: int) -> Callable[[str], str]:
    return lambda word: "".join(
        chr(first + ord(c) - ord("a")) if c.isascii() and c.islower() else c for c in word.lower()
    )


DISGUISES: Final[Mapping[str, Callable[[str], str]]] = {
    "spaced": " ".join,
    "widely spaced": "   ".join,
    "dotted": ".".join,
    "hyphened": "-".join,
    "underscored": "_".join,
    "slashed": "/".join,
    "one a line": "\n".join,
    "full stops": ". ".join,
    "pictures between": "\U0001f511".join,
    "zero-width spaces": "\u200b".join,
    "joiners": "\u200d".join,
    "soft hyphens": "\u00ad".join,
    "fillers": "\u3164".join,
    "struck through": "\u0336".join,
    "circled": "\u20dd".join,
    "split": lambda word: f"{word[:3]} {word[3:]}",
    "hyphenated": lambda word: f"{word[:3]}-\n{word[3:]}",
    "numbered": _mapped({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}),
    "signs": _mapped({"a": "@", "s": "$", "o": "0"}),
    "numbered and spaced": lambda word: " ".join(_mapped({"a": "4", "e": "3", "o": "0"})(word)),
    "Cyrillic": _mapped({"a": "\u0430", "e": "\u0435", "o": "\u043e", "s": "\u0455"}),
    "Greek": _mapped({"a": "\u03b1", "o": "\u03bf", "n": "\u03b7", "w": "\u03c9"}),
    "full-width": _shifted(_FULL_WIDTH),
    "mathematical": _shifted(_MATHEMATICAL),
    "black squares": _shifted(0x1F170),
    "flags": _shifted(0x1F1E6),
    "stretched": lambda word: "".join(c * 3 for c in word),
    "starred": lambda word: f"{word[:2]}*{word[3:]}",
}
"""How a word may be written so that a reader knows it and a machine should not."""

HARMLESS: Final[Mapping[str, Callable[[str], str]]] = {
    "capitals": str.upper,
    "lower case": str.lower,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "without accents": lambda text: "".join(
        c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)
    ),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "wrapped": lambda text: text.replace(" ", "\n"),
    "double spaces": lambda text: text.replace(" ", "  "),
    "after a greeting": lambda text: f"Olá, João! Tudo bem?\n\n{text}\n\nAbraço,\nAna",
}
"""What happens to an honest text on its way; the same must be said of it before and after."""
