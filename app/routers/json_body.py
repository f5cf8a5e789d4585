"""JSON read strictly: one document, one meaning, nothing that a later layer could stumble over.

The usual readers take repeated members (the last wins), NaN, half a surrogate pair, numbers that
become infinity and nesting that exhausts the stack. Each has fooled a validator somewhere.
"""

import json
from typing import Any, Final, NoReturn

import orjson

from app.core.errors import Failure

DEEPEST: Final = 32
MOST_VALUES: Final = 2_000
"""Levels, and values, that are always read; the texts of `malformed_json` name both.

Each value may earn an error of Pydantic's: a megabyte of them kept the event loop busy for seconds.
"""

_LARGEST_INTEGER: Final = 2**63 - 1
_MOST_DIGITS: Final = len(str(_LARGEST_INTEGER)) + 1  # and a minus sign

_AS_LISTS: Final = bytes.maketrans(b"{}", b"[]")
_NO_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{},"'))


def parse(body: bytes) -> Any:
    """The value of a JSON document (RFC 8259, UTF-8 without a byte order mark).

    Raises Failure("malformed_json") for anything else, and for repeated members, integers beyond 64
    bits, numbers that no double can hold, unpaired surrogates, and for too many or too deep values.
    """
    try:
        _check_structure(body)
        orjson.loads(body)  # the strictest of readers, but it lets repeated members pass
        return _DECODER.decode(body.decode())
    except ValueError:
        # `from None`: the reader's error holds the whole document.
        raise Failure("malformed_json") from None


def _check_structure(body: bytes) -> None:
    """ValueError where values are too many or too deep; json would recurse into them.

    Counted are commas, and lists and objects, so twice `MOST_VALUES` may pass, but never more.
    """
    # Backslashes stand in strings alone; anywhere else the readers refuse them.
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = unescaped.translate(_AS_LISTS, _NO_STRUCTURE)
    if structure.count(b'"') > 4 * MOST_VALUES:  # around a value, and around its name
        raise ValueError("too many strings")
    outside = b"".join(structure.split(b'"')[::2])
    brackets = outside.replace(b",", b"")
    if len(outside) - len(brackets) >= MOST_VALUES or len(brackets) > 2 * MOST_VALUES:
        raise ValueError("too many values")
    for _ in range(DEEPEST):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")  # the innermost level, all of it
    if brackets:
        raise ValueError("too deep, or unbalanced")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("integer too large")
    number = int(digits)
    if not -_LARGEST_INTEGER - 1 <= number <= _LARGEST_INTEGER:
        raise ValueError("integer too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_constant=_no_constant
)
