"""Characters that stand for others, as people disguise words with them; see `disguises.py`."""

from collections.abc import Mapping
from typing import Final

LETTERS: Final[Mapping[str, str]] = {
    "a": "\u0430\u03b1\u0251\u1d00",
    "b": "\u0432\u03b2\u0185\u044c\u0299",
    "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u0257\u1d05\u0256",
    "e": "\u0435\u03b5\u0454\u1d07\u0259\u0258\u0511",
    "f": "\u0192\u03dd",
    "g": "\u0261\u0262\u050d",
    "h": "\u043d\u04bb\u029c\u0570",
    "i": "\u0456\u03b9\u026a\u04cf\u0269",
    "j": "\u0458\u03f3\u1d0a",
    "k": "\u043a\u03ba\u1d0b",
    "l": "\u029f\u01c0",
    "m": "\u043c\u1d0d\u03bc",
    "n": "\u043f\u03b7\u0274\u0578\u0438\u019e",
    "o": "\u043e\u03bf\u03c3\u1d0f\u0585\u0275",
    "p": "\u0440\u03c1\u1d18",
    "q": "\u051b\u0566",
    "r": "\u0433\u0280\u044f\u027e",
    "s": "\u0455\ua731\u01bd",
    "t": "\u0442\u03c4\u1d1b",
    "u": "\u03c5\u1d1c\u057d\u028b",
    "v": "\u03bd\u0475\u1d20",
    "w": "\u0461\u051d\u1d21\u03c9\u0448",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u028f\u04af",
    "z": "\u1d22\u0290",
}
"""Letters that look like ours: Cyrillic, Greek, Armenian, phonetic and small capitals."""

SYMBOLS: Final[Mapping[str, str]] = {
    "a": "4@",
    "b": "8",
    "c": "\u00a2",
    "e": "3\u20ac",
    "g": "9",
    "i": "1!|l\u00a3",
    "o": "0",
    "s": "5$",
    "t": "7+",
    "z": "2",
}
"""Digits and signs that stand for a letter. `l` is there since it is written 1 as `i` is."""

FRAMED: Final = (0x1F150, 0x1F170, 0x1F1E6)
"""Where alphabets in black circles, in black squares and of flags begin: A to Z each."""

UNDRAWN: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that are drawn as nothing, beside those that Unicode calls format."""
