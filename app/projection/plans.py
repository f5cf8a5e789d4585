"""Plans: what one viewer may do with one resource for one purpose, worked out at start-up."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Table

from app.access.matrix import MatrixError, Resource, Sight, Use
from app.access.purposes import PURPOSES
from app.access.scopes import Scope, row_scope
from app.access.viewers import Viewer
from app.access.visibility import COMPANIONS, RESOURCES
from app.models import Base
from app.projection.masks import MASKS

PlanKey = tuple[Viewer, str, str]
READ_IN_CLEAR = frozenset({Sight.CLEAR, Sight.CONSENTED})
"""Consented fields are clear wherever the row scope (the consent itself) admits the row."""


class View(dict[str, Any]):
    """One record as a viewer may see it. Nothing but a plan makes one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Frozen: the fields (dotted, in the matrix's order), their uses, the rows, the columns.

    `lawful` fields are shown only as far as a legal request's basis goes: they are in no SELECT
    until `narrowed` makes a plan of those that one basis opens. `moment` is the column by which a
    period bounds the rows, whoever asks.
    """

    viewer: Viewer
    purpose: str
    resource: str
    scope: Scope
    visible: tuple[str, ...]
    """Every field of the view, clear or masked: what the audit row of a reveal names."""
    masked: frozenset[str]
    lawful: Mapping[str, ColumnElement[Any]]
    writable: frozenset[str]
    filterable: Mapping[str, str]
    sortable: Mapping[str, str]
    searchable: frozenset[str]
    period: bool
    moment: str | None
    every_field: Mapping[str, str]
    """All of the resource's fields, by field and by column: what a refusal may name on record."""
    columns: tuple[ColumnElement[Any], ...]
    view: Callable[[Any], View]


def compile_plans(resources: Mapping[str, Resource]) -> Mapping[PlanKey, Plan]:
    """All plans, for each viewer, purpose and resource.

    Raises `MatrixError` when a mapped column has no row, a row names no column, a table stands
    twice, or a masked cell has no mask: the service must not start.
    """
    _hold_against(resources, Base.metadata.tables)
    plans: dict[PlanKey, Plan] = {}
    for resource in resources.values():
        table = Base.metadata.tables[resource.table]
        for viewer in Viewer:
            for purpose in PURPOSES[viewer]:
                plans[viewer, purpose, resource.name] = _plan(resource, table, viewer, purpose)
    return plans


def _plan(resource: Resource, table: Table, viewer: Viewer, purpose: str) -> Plan:
    cells = [(row, row.cell(viewer)) for row in resource.rows]
    clear = [row for row, cell in cells if cell.sight in READ_IN_CLEAR]
    masked = frozenset(row.field for row, cell in cells if cell.sight is Sight.MASKED)
    visible = tuple(
        row.field for row, cell in cells if cell.sight in READ_IN_CLEAR or row.field in masked
    )
    nested = _nested(resource.name, viewer) if visible else {}
    scope = row_scope(resource.name, viewer)
    if visible and scope is Scope.NONE:
        _demand_dormant(resource.name, viewer)
    column_of = {row.field: row.column for row in resource.rows}
    column_names = {row.column: row.field for row in resource.rows}
    return Plan(
        viewer=viewer,
        purpose=purpose,
        resource=resource.name,
        scope=scope,
        visible=visible + tuple(nested),
        masked=masked | {field for field, (_, hides) in nested.items() if hides},
        lawful=_lawful(resource, table, viewer),
        writable=frozenset(row.field for row, cell in cells if cell.write),
        filterable={row.column: row.field for row in clear if Use.FILTER in row.uses},
        sortable={row.column: row.field for row in clear if Use.SORT in row.uses},
        searchable=frozenset(row.field for row in clear if Use.SEARCH in row.uses),
        period=any(Use.PERIOD in row.uses for row in clear),
        moment=next((row.column for row in resource.rows if Use.PERIOD in row.uses), None),
        every_field=column_names | {row.field: row.field for row in resource.rows},
        columns=tuple(
            _expression(resource.name, field, table.c[column_of[field]], field in masked)
            for field in visible
        )
        + tuple(column for column, _ in nested.values()),
        view=viewer_of(visible + tuple(nested)),
    )


def narrowed(plan: Plan, fields: Collection[str]) -> Plan:
    """The plan of whoever may see, of the lawful fields, just these: nothing where it is none.

    What no basis can open for the plan's viewer stays out, whatever is asked for.
    """
    opened = {field: column for field, column in plan.lawful.items() if field in fields}
    return replace(
        plan,
        visible=tuple(opened),
        lawful=MappingProxyType({}),
        columns=tuple(opened.values()),
        view=viewer_of(tuple(opened)),
    )


def _lawful(resource: Resource, table: Table, viewer: Viewer) -> Mapping[str, ColumnElement[Any]]:
    """What a basis may open to the viewer, of the record and of the one shown within it."""
    own = {
        row.field: table.c[row.column].label(row.field)
        for row in resource.rows
        if row.cell(viewer).sight is Sight.LAWFUL
    }
    within = _within(resource.name, viewer, {Sight.LAWFUL}) if own else {}
    return MappingProxyType(own | {field: column for field, (column, _) in within.items()})


def _nested(resource: str, viewer: Viewer) -> dict[str, tuple[ColumnElement[Any], bool]]:
    """What the viewer sees of the record shown within: by dotted field, and if it is masked."""
    return _within(resource, viewer, {*READ_IN_CLEAR, Sight.MASKED})


def _within(
    resource: str, viewer: Viewer, sights: Set[Sight]
) -> dict[str, tuple[ColumnElement[Any], bool]]:
    companion = COMPANIONS.get(resource)
    if companion is None:
        return {}
    name, table = companion.resource, Base.metadata.tables[RESOURCES[companion.resource].table]
    shown: dict[str, tuple[ColumnElement[Any], bool]] = {}
    for row in RESOURCES[name].rows:
        sight = row.cell(viewer).sight
        if row.field in companion.fields and sight in sights:
            hides = sight is Sight.MASKED
            column = _expression(name, row.field, table.c[row.column], hides)
            shown[f"{name}.{row.field}"] = (column.label(f"{name}.{row.field}"), hides)
    return shown


def _expression(
    resource: str, field: str, column: ColumnElement[Any], masked: bool
) -> ColumnElement[Any]:
    return MASKS[resource, field](column).label(field) if masked else column.label(field)


def _demand_dormant(resource: str, viewer: Viewer) -> None:
    """A viewer with fields but without rows must be one whose door does not exist yet."""
    if viewer not in {Viewer.PARTNER, Viewer.AUTHORITY}:
        raise MatrixError(f"{resource}: {viewer} may read fields, but no row scope is written")


def viewer_of(fields: tuple[str, ...]) -> Callable[[Any], View]:
    """A function from a row (values in the order of `fields`) to the view's nested mapping.

    Members of an object (``address.city``) are gathered under its name, at its first member's
    place. A hidden field is simply not there.
    """
    places = {field: place for place, field in enumerate(fields)}
    objects: dict[str, dict[str, int]] = {}
    for field, place in places.items():
        name, dot, member = field.partition(".")
        if dot:
            objects.setdefault(name, {})[member] = place
    top = tuple(dict.fromkeys(field.partition(".")[0] for field in fields))
    first = [
        next(iter(objects[name].values())) if name in objects else places[name] for name in top
    ]
    gathered = [
        (name, tuple(members), _picker(list(members.values()))) for name, members in objects.items()
    ]
    pick = _picker(first)

    def view(row: Any) -> View:
        shown = View(zip(top, pick(row), strict=True))
        for name, members, pick_members in gathered:
            shown[name] = dict(zip(members, pick_members(row), strict=True))
        return shown

    return view


def _picker(places: list[int]) -> Callable[[Any], Sequence[Any]]:
    """The values of a row at these places; `itemgetter` would return a single one bare."""
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places) if places else lambda row: ()


def _hold_against(resources: Mapping[str, Resource], tables: Mapping[str, Table]) -> None:
    named = {
        (resource.table, row.column): (resource, row.field)
        for resource in resources.values()
        for row in resource.rows
    }
    rows = sum(len(resource.rows) for resource in resources.values())
    mapped = {(table.name, column.name) for table in tables.values() for column in table.columns}
    problems = [
        *(f"column {table}.{column} has no row" for table, column in sorted(mapped - set(named))),
        *(f"row {table}.{column} names no column" for table, column in sorted(set(named) - mapped)),
        *_unmasked(resources),
    ]
    if rows != len(named) or len({entry.table for entry in resources.values()}) != len(resources):
        problems.append("a table or column stands twice")
    if problems:
        raise MatrixError("the visibility matrix does not fit the tables: " + "; ".join(problems))


def _unmasked(resources: Mapping[str, Resource]) -> Iterator[str]:
    for resource in resources.values():
        for row in resource.rows:
            sights = {cell.sight for cell in row.cells.values()}
            if Sight.MASKED in sights and (resource.name, row.field) not in MASKS:
                yield f"{resource.name}.{row.field} is masked for somebody but has no mask"
