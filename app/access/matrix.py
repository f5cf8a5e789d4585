"""How the matrix is written down, and what one of its tables means once read.

A table is text, so that whoever answers for it can read it: a line per field, a cell per viewer.
A cell is `R` read, `W` write, `M` masked read, `C` read while consent allows it, `L` read as far
as the legal basis of a request allows it, `·` hidden. After `|` stand the uses of the field
(`filter`, `sort`, `search`, `period`), open only to viewers who read it in the clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.access.viewers import Viewer

COLUMNS: Mapping[str, Viewer] = {
    "self": Viewer.SELF,
    "dir": Viewer.DIRECTOR,
    "eng": Viewer.SYSTEMS_ENGINEER,
    "dpo": Viewer.PRIVACY_OFFICER,
    "sup": Viewer.SUPPORT,
    "bil": Viewer.BILLING,
    "pro": Viewer.PRODUCTION,
    "mkt": Viewer.MARKETING,
    "par": Viewer.PARTNER,
    "aut": Viewer.AUTHORITY,
    "pub": Viewer.PUBLIC,
}
"""The headings used in the tables, in their order."""


class Sight(StrEnum):
    """How a viewer sees a field."""

    CLEAR = "R"
    MASKED = "M"
    CONSENTED = "C"
    LAWFUL = "L"
    HIDDEN = "·"


class Use(StrEnum):
    """What a field may be named for, beyond being read."""

    FILTER = "filter"
    SORT = "sort"
    SEARCH = "search"
    PERIOD = "period"


CELLS: Mapping[str, tuple[Sight, bool]] = {
    "R": (Sight.CLEAR, False),
    "RW": (Sight.CLEAR, True),
    "M": (Sight.MASKED, False),
    "C": (Sight.CONSENTED, False),
    "L": (Sight.LAWFUL, False),
    "·": (Sight.HIDDEN, False),
}
"""Every cell that may be written, and what it means: (sight, may write)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One viewer's right to one field."""

    sight: Sight
    write: bool

    def __str__(self) -> str:
        return self.sight.value + ("W" if self.write else "")


HIDDEN = Cell(Sight.HIDDEN, False)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a resource: its cells, and what it may be used for."""

    field: str
    cells: Mapping[Viewer, Cell]
    uses: frozenset[Use]

    @property
    def column(self) -> str:
        """The column that holds it: a member of an object lies in a column of its own name."""
        return self.field.rpartition(".")[2]

    def cell(self, viewer: Viewer) -> Cell:
        """The viewer's cell. What is not written is hidden."""
        return self.cells.get(viewer, HIDDEN)


@dataclass(frozen=True, slots=True)
class Resource:
    """The rows of one resource, over one table of the database."""

    name: str
    table: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Companion:
    """A record shown nested in another one, under its resource's name, joined over `column`.

    Of `fields` each viewer sees what the companion's own rows of the matrix show them.
    """

    resource: str
    column: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.resource} over {self.column}: {' '.join(self.fields)}"


class MatrixError(ValueError):
    """The matrix is not written as this module demands. Start-up stops."""


def resource(name: str, table: str, text: str) -> Resource:
    """Read one table of the matrix. Raises `MatrixError` on anything unexpected."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines[0].split() != list(COLUMNS):
        raise MatrixError(f"{name}: the heading must be: {' '.join(COLUMNS)}")
    rows = tuple(_row(name, line) for line in lines[1:])
    if len({row.field for row in rows}) != len(rows):
        raise MatrixError(f"{name}: a field stands twice")
    return Resource(name, table, rows)


def internal(table: str, columns: str) -> Resource:
    """A table that nobody is shown: each column named, each cell hidden."""
    rows = tuple(Row(column, {}, frozenset()) for column in columns.split())
    return Resource(table, table, rows)


def _row(name: str, line: str) -> Row:
    body, _, uses = line.partition("|")
    field, *cells = body.split()
    if len(cells) != len(COLUMNS) or not set(cells) <= set(CELLS):
        raise MatrixError(f"{name}.{field}: needs {len(COLUMNS)} cells out of {' '.join(CELLS)}")
    try:
        wanted = frozenset(Use(use) for use in uses.split())
    except ValueError as unknown:
        raise MatrixError(f"{name}.{field}: {unknown}") from None
    written = dict(zip(COLUMNS.values(), cells, strict=True))
    return Row(field, {viewer: Cell(*CELLS[cell]) for viewer, cell in written.items()}, wanted)
