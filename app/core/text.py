"""Text that is fit to be stored and shown: valid Unicode, composed, with nothing hidden in it.

Every function takes any `str` whatsoever (lone surrogates, NUL, a megabyte) and either returns or
raises FieldRefused; none of them takes longer than its `max_length` warrants.
"""

import re
import unicodedata
from typing import Final

_SURROGATES = re.compile("[\ud800-\udfff]")

# Written as the inside of a character class that ECMA 262, Python and Rust read alike (so no \p),
# since the schemas in `schemas/fields.py` say the same.
UNSAFE: Final = r"\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Control characters, line ends, and what changes the direction of the text around it."""
UNSAFE_IN_LINES: Final = UNSAFE.replace(r"\u0000-\u001f", r"\u0000-\u0008\u000b\u000c\u000e-\u001f")
"""The same without tab, line feed and carriage return."""
UNSEEN: Final = (
    r" \u00a0\u00ad\u115f\u1160\u1680\u180e\u2000-\u200d\u202f\u205f-\u2065\u206a-\u206f\u2800"
    r"\u3000\u3164\ufeff\uffa0\ufff0-\ufffb"
)
"""Blanks, joiners, format characters, and letters and symbols that are drawn as nothing."""

_UNSAFE = re.compile(f"[{UNSAFE}]")
_UNSAFE_IN_LINES = re.compile(f"[{UNSAFE_IN_LINES}]")
_SEEN = re.compile(rf"[^\s{UNSEEN}]")
_JOINERS = "\u200c\u200d"  # Persian and Indic spelling and composed emoji need them


class FieldRefused(ValueError):
    """A value that is not what its field holds. It carries a stable code, never the value.

    `params` are the rule's own figures (`min`, `max`, `reasons`), for the message.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def trim(text: str) -> str:
    """Without the blanks (space, no-break space) that copying and forms leave around a code."""
    return text.strip(" \u00a0")


def clean_line(text: str, max_length: int, min_length: int = 1) -> str:
    """One line in NFC: trimmed, runs of blanks made one space. Cleaning it again changes nothing.

    Invisible format characters that come along with copied text (zero-width spaces, soft hyphens,
    tags) are dropped, the joiners kept. Refuses `text_too_long` (more than `max_length`
    characters, as sent or as kept), `text_not_unicode` (lone surrogates),
    `text_control_characters` (controls, line ends, bidi characters), `text_empty` (nothing
    visible, unless `min_length` is 0), `text_too_short`.
    """
    composed = _compose(text, max_length, _UNSAFE)
    return _measured(" ".join(composed.split()), max_length, min_length)


def clean_text(text: str, max_length: int, min_length: int = 1) -> str:
    """Text of several lines in NFC: trimmed, its line ends made ``\\n``; tabs stay.

    Drops and refuses what `clean_line` does, line ends and tabs apart.
    """
    composed = _compose(text, max_length, _UNSAFE_IN_LINES)
    unified = composed.replace("\r\n", "\n").replace("\r", "\n")
    return _measured(unified.strip(), max_length, min_length)


def require_unicode(text: str) -> None:
    """Refuses `text_not_unicode` where a lone surrogate keeps `text` from being encoded."""
    # Not by trying to encode it: that error would hold the text and travel along as the context.
    if _SURROGATES.search(text):
        raise FieldRefused("text_not_unicode")


def _compose(text: str, max_length: int, unsafe: re.Pattern[str]) -> str:
    # First of all, since composing a long run of marks takes quadratic time.
    if len(text) > max_length:
        raise FieldRefused("text_too_long", max=max_length)
    require_unicode(text)
    if unsafe.search(text):
        raise FieldRefused("text_control_characters")
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf" or c in _JOINERS)
    return unicodedata.normalize("NFC", text)


def _measured(text: str, max_length: int, min_length: int) -> str:
    if len(text) > max_length:  # a few characters grow when they are composed
        raise FieldRefused("text_too_long", max=max_length)
    if min_length and not _SEEN.search(text):
        raise FieldRefused("text_empty")
    if len(text) < min_length:
        raise FieldRefused("text_too_short", min=min_length)
    return text
