"""Who may do what: one readable table, a line per verb (`scope:resource:action`).

A verb that has no line is allowed to nobody; an empty cell is a no. What a viewer may *see* or
*write* of a record is the matrix's matter (`visibility.py`).
"""

from collections.abc import Mapping

from app.access.matrix import COLUMNS, MatrixError
from app.access.viewers import Viewer

TABLE = """
                              self dir eng dpo sup bil pro mkt par aut pub
    staff:customer:list       ·    yes yes yes yes yes yes yes ·   ·   ·
    staff:customer:read       ·    yes yes yes yes yes yes yes ·   ·   ·
    staff:customer:update     ·    yes ·   ·   yes yes ·   ·   ·   ·   ·
    staff:visibility:read     ·    yes yes yes yes yes yes yes ·   ·   ·
    staff:audit_event:list    ·    yes yes yes ·   ·   ·   ·   ·   ·   ·
    customer:customer:read    yes  ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    customer:customer:update  yes  ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    customer:audit_event:list yes  ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
    public:policy:read        ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   yes
    public:customer:register  ·    ·   ·   ·   ·   ·   ·   ·   ·   ·   yes
"""


def _read(table: str) -> Mapping[str, frozenset[Viewer]]:
    heading, *lines = [line for line in table.splitlines() if line.strip()]
    if heading.split() != list(COLUMNS):
        raise MatrixError(f"permissions: the heading must be: {' '.join(COLUMNS)}")
    permissions: dict[str, frozenset[Viewer]] = {}
    for line in lines:
        name, *cells = line.split()
        if len(cells) != len(COLUMNS) or not set(cells) <= {"yes", "·"} or name in permissions:
            raise MatrixError(f"permissions: {name} is not written as it must be")
        granted = zip(COLUMNS.values(), cells, strict=True)
        permissions[name] = frozenset(viewer for viewer, cell in granted if cell == "yes")
    return permissions


PERMISSIONS: Mapping[str, frozenset[Viewer]] = _read(TABLE)
"""Every verb, with the viewers who may."""


OWNER = "owner"
"""The membership that may everything in its account. No verb is open to a lesser one yet."""


def may(viewer: Viewer, permission: str) -> bool:
    """Whether the viewer may. A verb that is not in the table is refused to everyone."""
    return viewer in PERMISSIONS.get(permission, frozenset())
