"""A cursor goes on where it was made, and nowhere else."""

import string
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.core.errors import Failure
from app.projection.cursors import MAX_CURSOR, Cursors

CURSORS = Cursors(bytes(range(32)))
PLACE: tuple[Any, ...] = (
    "maria da silva",
    datetime(2026, 11, 22, 12, 0, 0, 123456, UTC),
    UUID("01a19467-e800-7e96-9097-3b43b5d82b45"),
)
QUERY = b'["support","customer_support","customer"]'


def refused(cursor: str, query: bytes = QUERY, cursors: Cursors = CURSORS) -> bool:
    try:
        cursors.read(cursor, query)
    except Failure as failure:
        return failure.code == "invalid_cursor"
    return False


def test_a_place_comes_back_as_it_was() -> None:
    assert CURSORS.read(CURSORS.write(PLACE, QUERY), QUERY) == list(PLACE)


def test_a_cursor_says_nothing_and_never_the_same_twice() -> None:
    one, other = CURSORS.write(PLACE, QUERY), CURSORS.write(PLACE, QUERY)
    assert one != other
    assert "maria" not in one
    assert set(one) <= set(string.ascii_letters + string.digits + "-_")


def test_a_cursor_of_another_query_or_key_is_none() -> None:
    cursor = CURSORS.write(PLACE, QUERY)
    assert refused(cursor, b"")
    assert refused(cursor, QUERY + b" ")
    assert refused(cursor, cursors=Cursors(bytes(32)))


def test_every_changed_character_is_noticed() -> None:
    cursor = CURSORS.write(PLACE, QUERY)
    for place, letter in enumerate(cursor):
        for other in "AB_-9":
            if other != letter:
                assert refused(cursor[:place] + other + cursor[place + 1 :]), place


def test_every_other_length_and_every_decoration_is_noticed() -> None:
    cursor = CURSORS.write(PLACE, QUERY)
    for length in range(len(cursor)):
        assert refused(cursor[:length])
    for place in (0, len(cursor) // 2, len(cursor)):
        for more in ("A", "=", "==", " ", "\n", "!", "*", "é", "\x00", "%3D"):
            assert refused(cursor[:place] + more + cursor[place:]), more
    assert refused(cursor + cursor)


@pytest.mark.parametrize("text", ["", "null", "W10", "é", "A" * (MAX_CURSOR + 1), "\ud800"])
def test_what_was_never_a_cursor_is_none(text: str) -> None:
    assert refused(text)
