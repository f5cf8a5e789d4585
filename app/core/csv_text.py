"""CSV as RFC 4180 has it (UTF-8, comma, CRLF), in which no cell is a formula to a spreadsheet.

A spreadsheet takes a cell that begins with ``=`` and its like for something to be calculated, and
one whose separator is another (``;`` where numbers have a decimal comma) sees cells begin in
the middle of ours. So an apostrophe stands before every such beginning of a text, and before every
apostrophe that stood there itself: whoever takes one away at each beginning has the text back,
exactly (`unguarded`). Numbers stay numbers.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

GUARD: Final = "'"
_BEGINNING: Final = r"(?:^|(?<=[,;|\t\r\n\"]))"
_DANGEROUS: Final = "=+\\-@\t\r\uff1d\uff0b\uff0d\uff20"  # and how they look in full width
_TO_GUARD: Final = re.compile(rf"{_BEGINNING}(?=[ \u00a0]*[{_DANGEROUS}'])")
# One beginning, and nothing dangerous there: so are most texts, and it is told sooner.
_HARMLESS: Final = re.compile(rf"[^ \u00a0{_DANGEROUS}',;|\n\"][^,;|\t\r\n\"]*").fullmatch
_GUARDED: Final = re.compile(rf"{_BEGINNING}'")


def guarded(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet could see a formula begin."""
    return text if _HARMLESS(text) else _TO_GUARD.sub(GUARD, text)


def unguarded(text: str) -> str:
    """What was `guarded`."""
    return _GUARDED.sub("", text)


def lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """The rows of plain JSON values, a line each.

    What is absent and an empty text are both an empty cell; a list or an object is its JSON.
    """
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\r\n").writerows(
        [cell(value) for value in row] for row in rows
    )
    return sink.getvalue().encode()


def cell(value: Any) -> Any:
    """One value, as it stands in its cell."""
    if isinstance(value, str):
        return value if _HARMLESS(value) else guarded(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return guarded(orjson.dumps(value).decode())
    return value
