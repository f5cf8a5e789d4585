"""The matrix's notation: read exactly, or not at all."""

import pytest

from app.access.matrix import (
    CELLS,
    COLUMNS,
    HIDDEN,
    Cell,
    MatrixError,
    Resource,
    Sight,
    Use,
    internal,
    resource,
)
from app.access.viewers import Viewer

HEADING = " ".join(COLUMNS)


def written(*lines: str, heading: str = HEADING) -> Resource:
    return resource("thing", "things", "\n".join([heading, *lines]))


def cells(first: str, rest: str = "·") -> str:
    return " ".join([first, *[rest] * (len(COLUMNS) - 1)])


def test_each_viewer_has_one_column() -> None:
    assert sorted(COLUMNS.values()) == sorted(Viewer)


def test_each_cell_means_what_the_legend_says() -> None:
    assert CELLS == {
        "R": (Sight.CLEAR, False),
        "RW": (Sight.CLEAR, True),
        "M": (Sight.MASKED, False),
        "C": (Sight.CONSENTED, False),
        "L": (Sight.LAWFUL, False),
        "·": (Sight.HIDDEN, False),
    }


def test_a_line_is_read_cell_by_cell() -> None:
    letters = ["R", "RW", "M", "C", "L", "·", "·", "·", "·", "·", "·"]
    thing = written(f"field {' '.join(letters)} | filter sort")
    assert (thing.name, thing.table) == ("thing", "things")
    (row,) = thing.rows
    assert row.uses == {Use.FILTER, Use.SORT}
    assert [str(row.cell(viewer)) for viewer in COLUMNS.values()] == letters
    assert row.cell(Viewer.DIRECTOR) == Cell(Sight.CLEAR, write=True)


def test_what_is_not_written_is_hidden() -> None:
    (row,) = internal("things", "secret").rows
    assert {row.cell(viewer) for viewer in Viewer} == {HIDDEN}
    assert not row.uses


def test_a_member_lies_in_the_column_of_its_own_name() -> None:
    (row,) = written(f"address.city {cells('R')}").rows
    assert (row.field, row.column) == ("address.city", "city")


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "self dir",
        HEADING.replace("dir eng", "eng dir"),
        HEADING + " xyz",
        HEADING.replace("self ", ""),
    ],
)
def test_another_heading_is_refused(heading: str) -> None:
    with pytest.raises(MatrixError, match="heading"):
        written(f"field {cells('R')}", heading=heading)


def test_no_text_is_refused() -> None:
    with pytest.raises(MatrixError):
        resource("thing", "things", "\n  \n")


@pytest.mark.parametrize(
    "line",
    [
        "field",
        f"field {cells('R')} ·",
        f"field {cells('W')}",
        f"field {cells('r')}",
        f"field {cells('-')}",
        f"field {cells('MW')}",
        f"field {cells('.')}",
        f"field {cells('R')} | find",
        f"field {cells('R')} | filter, sort",
        f"field | filter {cells('R')}",
    ],
)
def test_a_line_that_is_not_well_written_is_refused(line: str) -> None:
    with pytest.raises(MatrixError, match=r"thing\.field"):
        written(line)


def test_a_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(MatrixError, match="twice"):
        written(f"field {cells('R')}", f"field {cells('·')}")
