"""What a viewer may name, worked out from the matrix alone, apart from the code under test."""

from app.access.matrix import Row, Sight, Use
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES


def parameters_of(resource: str, viewer: Viewer) -> set[str]:
    """The query parameters of the viewer's lists: nothing masked, nothing hidden."""
    uses = {use for row in _clear(resource, viewer) for use in row.uses}
    names = {row.column for row in _clear(resource, viewer) if Use.FILTER in row.uses}
    names |= {"sort"} if Use.SORT in uses else set()
    names |= {"q"} if Use.SEARCH in uses else set()
    names |= {"since", "until"} if Use.PERIOD in uses else set()
    return names | {"limit", "cursor"}


def sort_keys_of(resource: str, viewer: Viewer) -> set[str]:
    """The keys that the viewer's lists can be sorted by."""
    return {row.column for row in _clear(resource, viewer) if Use.SORT in row.uses}


def writable_of(resource: str, viewer: Viewer) -> set[str]:
    """The dotted fields that the viewer may change."""
    return {row.field for row in RESOURCES[resource].rows if row.cell(viewer).write}


def _clear(resource: str, viewer: Viewer) -> list[Row]:
    """Consented fields are clear in the rows that consent admits."""
    rows = RESOURCES[resource].rows
    return [row for row in rows if row.cell(viewer).sight in (Sight.CLEAR, Sight.CONSENTED)]
