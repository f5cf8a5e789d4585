"""A browser's mark is its own, and nobody else can make one."""

from uuid import UUID

import pytest

from app.security.visitor_marks import VisitorMarks

MARKS = VisitorMarks(b"k" * 32)


def test_a_mark_is_read_back() -> None:
    visitor = MARKS.new()
    assert visitor.version == 4
    mark = MARKS.write(visitor)
    assert len(mark) == 43
    assert MARKS.read(mark) == visitor
    assert MARKS.new() != visitor


def test_an_id_alone_is_worth_nothing() -> None:
    visitor = MARKS.new()
    mark = MARKS.write(visitor)
    others = VisitorMarks(b"o" * 32).write(visitor)
    assert MARKS.read(others) is None
    assert MARKS.read(str(visitor)) is None
    last = "AEIMQUYcgkosw048"
    spelt_otherwise = mark[:-1] + chr(ord(mark[-1]) + 1)
    assert mark[-1] in last, "the last character has two bits to spare"
    assert MARKS.read(spelt_otherwise) is None


@pytest.mark.parametrize(
    "text",
    ["", "A" * 43, "A" * 44, "\ud800" * 43, "é" * 43, "=" * 43, "+" * 43, " " * 43, "\0" * 43],
)
def test_any_text_is_nobodys(text: str) -> None:
    assert MARKS.read(text) is None


def test_the_nil_id_has_a_mark_of_its_own() -> None:
    assert MARKS.read(MARKS.write(UUID(int=0))) == UUID(int=0)
