"""The SELECTs of the plans, each compiled once: one per plan for details, one per shape for lists.

A list's shape is which filters (and how many values each), how many words, which order, and whether
it goes on from a cursor.
Values are always bound. Pages are found by keyset, so that the last costs what the first does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Dialect, Integer, Select, Table, Tuple, select, tuple_

from app.access.visibility import COMPANIONS, RESOURCES
from app.core.ids import id_at
from app.core.row_sets import for_each
from app.core.statements import Prepared, bound, prepare
from app.models import Base, CustomerWord
from app.projection.guard import Query
from app.projection.keys import SORT_KEYS
from app.projection.periods import within
from app.projection.plans import Plan
from app.projection.scopes import condition

BEYOND_ANY_WORD = "\U0010ffff"
PLACE = "place"
"""The name under which a batch's rows say where they stand; it is in no view."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the text of a list's SELECT."""

    fields: tuple[str, ...]

    filters: tuple[tuple[str, int], ...]
    """The columns, and how many values each may have."""
    words: int
    sort: str | None
    descending: bool
    since: bool
    until: bool
    cursor: bool


def shape_of(query: Query) -> Shape:
    """The shape of a query."""
    return Shape(
        fields=query.fields,
        filters=tuple((column, len(_values(value))) for column, value in query.filters),
        words=len(query.words),
        sort=query.sort,
        descending=query.descending,
        since=query.since is not None,
        until=query.until is not None,
        cursor=query.cursor is not None,
    )


class Queries:
    """Statements of one plan for one database."""

    def __init__(self, plan: Plan, table: str, dialect: Dialect) -> None:
        self.plan = plan
        self._table = Base.metadata.tables[table]
        self._dialect = dialect
        self.selection = _joined(plan, self._table).where(
            condition(plan.resource, plan.scope, plan.viewer)
        )
        self.by_id = self._by_id()
        self.is_there = self._is_there()
        self.each = lru_cache(maxsize=1)(lambda: for_each(self.one(), dialect))
        self.list_of = lru_cache(maxsize=256)(self._list)
        self.batch_of = lru_cache(maxsize=4)(self._batch)

    def _by_id(self) -> Prepared | None:
        if not self.plan.columns or "id" not in self._table.c:
            return None
        return prepare(self.one(), self._dialect)

    def _is_there(self) -> Prepared | None:
        """The id alone, which whoever sees any field of a row may know already: they named it."""
        if "id" not in self._table.c:
            return None
        identity = self._table.c.id
        scope = condition(self.plan.resource, self.plan.scope, self.plan.viewer)
        there = select(identity).where(scope, identity == bound("id", identity.type))
        return prepare(there, self._dialect)

    def one(self) -> Select[Any]:
        """The visible columns of the row whose id is bound as ``id``, if it is in scope."""
        return self.selection.where(self._table.c.id == bound("id", self._table.c.id.type))

    def _batch(self, since: bool, until: bool) -> Prepared:
        """Some of the rows in scope, in the order of their ids, after the one bound as ``after``.

        What the plan shows, and last the id, as the row's place. `since` (included) and `until`
        (excluded) bound the rows as `periods.py` says, to the microsecond.
        """
        place = self._table.c.id
        period = within(self.plan.resource, self._table, self.plan.moment, since=since, until=until)
        statement = (
            self.selection.add_columns(place.label(PLACE))
            .where(place > bound("after", place.type), *period)
            .order_by(place)
            .limit(bound("limit", Integer()))
        )
        return prepare(statement, self._dialect)

    def _list(self, shape: Shape) -> Prepared:
        table = self._table
        conditions: list[ColumnElement[bool]] = [
            _is_one_of(table.c[column], place, many)
            for place, (column, many) in enumerate(shape.filters)
        ]
        conditions += [_has_word(table, place) for place in range(shape.words)]
        if shape.since:
            conditions.append(table.c.id >= bound("since", table.c.id.type))
        if shape.until:
            conditions.append(table.c.id < bound("until", table.c.id.type))
        selection = self.selection
        if shape.fields:
            columns = [self.plan.columns[self.plan.visible.index(field)] for field in shape.fields]
            selection = selection.with_only_columns(*columns, maintain_column_froms=True)
        order = self._order(shape.sort)
        if shape.cursor:
            conditions.append(_beyond(order, shape.descending))
        statement = (
            selection.where(*conditions)
            .order_by(*(column.desc() if shape.descending else column for column in order))
            .limit(bound("limit", Integer()))
        )
        return prepare(statement, self._dialect)

    def _order(self, sort: str | None) -> list[ColumnElement[Any]]:
        if sort is None:
            return [self._table.c.id]
        return [self._table.c[SORT_KEYS[self.plan.resource, sort][0]], self._table.c.id]


def _joined(plan: Plan, table: Table) -> Select[Any]:
    """The visible columns of the record, and of the one that is shown within it."""
    companion = COMPANIONS.get(plan.resource)
    if companion is None:
        return select(*plan.columns)
    other = Base.metadata.tables[RESOURCES[companion.resource].table]
    joined = table.join(other, other.c.id == table.c[companion.column])
    return select(*plan.columns).select_from(joined)


def list_values(query: Query, place: list[Any]) -> dict[str, Any]:
    """What a list's statement binds: one row more than the page, to see if another follows."""
    values: dict[str, Any] = {"limit": query.limit + 1}
    for index, (_, given) in enumerate(query.filters):
        values |= {_filter(index, number): each for number, each in enumerate(_values(given))}
    for index, word in enumerate(query.words):
        values |= {f"word_{index}": word, f"word_{index}_end": word + BEYOND_ANY_WORD}
    if query.since is not None:
        values["since"] = id_at(query.since)
    if query.until is not None:
        values["until"] = id_at(query.until)
    values |= {f"after_{index}": value for index, value in enumerate(place)}
    return values


def place_of(query: Query, resource: str, view: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where a row stands in the order, made from what the viewer sees of it."""
    if query.sort is None:
        return (view["id"],)
    value: Any = view
    for name in query.sort.split("."):
        value = value[name]
    return (SORT_KEYS[resource, query.sort][1](value), view["id"])


def _values(given: Any) -> tuple[Any, ...]:
    return given if isinstance(given, tuple) else (given,)


def _filter(place: int, number: int) -> str:
    return f"filter_{place}" if number == 0 else f"filter_{place}_{number}"


def _is_one_of(column: Column[Any], place: int, many: int) -> ColumnElement[bool]:
    values = [bound(_filter(place, number), column.type) for number in range(many)]
    found: ColumnElement[bool] = column == values[0] if many == 1 else column.in_(values)
    return found


def _has_word(table: Table, place: int) -> ColumnElement[bool]:
    word = CustomerWord.word
    return table.c.id.in_(
        select(CustomerWord.customer_id).where(
            word >= bound(f"word_{place}", word.type),
            word < bound(f"word_{place}_end", word.type),
        )
    )


def _beyond(order: list[ColumnElement[Any]], descending: bool) -> ColumnElement[bool]:
    places = [bound(f"after_{index}", column.type) for index, column in enumerate(order)]
    left: Any = order[0] if len(order) == 1 else tuple_(*order)
    right: Any = places[0] if len(order) == 1 else Tuple(*places)
    result: ColumnElement[bool] = left < right if descending else left > right
    return result
