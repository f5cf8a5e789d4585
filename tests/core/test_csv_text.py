"""`app/core/csv_text.py`: what goes in comes out, and nothing of it is a formula."""

import csv
import io
import re
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import csv_text

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
SPICED = st.text(st.sampled_from("=+-@'\"\t\r\n,;| a1\u00a0\uff1d"))
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53)
VALUE = PLAIN | TEXT | SPICED | st.lists(SPICED, max_size=3)

FORMULA = re.compile(r"[ \u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@given(TEXT | SPICED)
@example("'' '=1")
@example("\t'=1")
@example("a\r\n=cmd|' /C calc'!A0")
def test_a_text_comes_back_exactly(text: str) -> None:
    assert csv_text.unguarded(csv_text.guarded(text)) == text


@given(SPICED)
def test_no_cell_begins_with_a_formula_whatever_the_separator_is(text: str) -> None:
    """Also where a spreadsheet takes ``;`` for what separates cells, or minds no quotes."""
    for part in re.split(r"[,;|\t\r\n\"]", csv_text.guarded(text)):
        assert not FORMULA.match(part)


@given(st.lists(st.lists(VALUE, min_size=2, max_size=4), max_size=5))
def test_rows_of_json_come_back(rows: list[list[Any]]) -> None:
    """What is absent and an empty text are one; the column says what else a cell is."""
    found = read(csv_text.lines(rows))
    assert len(found) == len(rows)
    for row, cells in zip(rows, found, strict=True):
        assert [back(cell, value) for cell, value in zip(cells, row, strict=True)] == [
            "" if value is None else value for value in row
        ]


def back(cell: str, value: Any) -> Any:
    if isinstance(value, str) or value is None:
        return csv_text.unguarded(cell)
    return orjson.loads(csv_text.unguarded(cell) if isinstance(value, list) else cell)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+5511987654321", "'+5511987654321"),
        (" =1", "' =1"),
        ("it's", "it's"),
        ("'tis", "''tis"),
        ("a;=1", "a;'=1"),
        ("a - b", "a - b"),
        (-5, -5),
        (True, "true"),
        (None, None),
        (["email", "name"], '["email","name"]'),
        (["=1"], '["\'=1"]'),
    ],
)
def test_what_a_cell_looks_like(value: Any, cell: Any) -> None:
    assert csv_text.cell(value) == cell


def test_lines_are_as_rfc_4180_has_them() -> None:
    content = csv_text.lines([("id", "nome"), ("1", 'diz "sim", e\r\nnão'), (None, "")])
    assert content.decode() == 'id,nome\r\n1,"diz ""sim"", e\r\nnão"\r\n,\r\n'


@given(SPICED | TEXT)
def test_the_short_way_is_the_long_way(text: str) -> None:
    assert csv_text.guarded(text) == csv_text._TO_GUARD.sub("'", text)
