"""The only way out: from a plan and a row to what the viewer is shown."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Dialect, Select

from app.access.actors import Actor
from app.access.matrix import Resource
from app.access.visibility import RESOURCES, matrix_hash
from app.core.row_sets import RowSet
from app.core.statements import Prepared
from app.models import Base
from app.projection.cursors import Cursors
from app.projection.guard import Query
from app.projection.plans import Plan, PlanKey, View, compile_plans, narrowed, viewer_of
from app.projection.queries import Queries, list_values, place_of, shape_of
from app.projection.scopes import scope_values


@dataclass(frozen=True, slots=True)
class Shown:
    """A view as it leaves: its JSON, and the entity tag of just that JSON for just that viewer."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of views and where the next one begins."""

    items: list[View]
    next_cursor: str | None

    @property
    def body(self) -> bytes:
        """The page as JSON."""
        return to_json({"items": self.items, "next_cursor": self.next_cursor})


class Projection:
    """The compiled matrix for one database: plans, statements, views, tags and cursors."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        tag_key: bytes,
        cursor_key: bytes,
        fiscal_years: int = 5,
        resources: Mapping[str, Resource] = RESOURCES,
    ) -> None:
        self.hash = matrix_hash(resources)
        self._plans = compile_plans(resources)
        self._queries: dict[PlanKey, Queries] = {
            key: Queries(plan, resources[plan.resource].table, dialect)
            for key, plan in self._plans.items()
            if plan.visible
        }
        self._tag_key = tag_key
        self._cursors = Cursors(cursor_key)
        self._fiscal_years = fiscal_years
        self._resources, self._dialect = resources, dialect
        self._opened = lru_cache(maxsize=256)(self._open)

    def plan(self, actor: Actor, resource: str) -> Plan:
        """The caller's plan. Raises `KeyError` for a purpose or resource that is not theirs."""
        return self._plans[actor.viewer, actor.purpose, resource]

    @property
    def plans(self) -> Mapping[PlanKey, Plan]:
        """Every plan, for documents and tests."""
        return self._plans

    def scope(self, actor: Actor, now: datetime) -> dict[str, Any]:
        """The values that bind the row scopes for this caller."""
        return scope_values(actor, now, self._fiscal_years)

    def by_id(self, plan: Plan) -> Prepared | None:
        """The lone read of one record; none where the viewer sees nothing of the resource."""
        queries = self._queries.get((plan.viewer, plan.purpose, plan.resource))
        return queries.by_id if queries is not None else None

    def each(self, plan: Plan) -> RowSet:
        """The records of several callers who share a plan: as `by_id`, for rows of its values."""
        return self._queries[plan.viewer, plan.purpose, plan.resource].each()

    def is_there(self, plan: Plan) -> Prepared | None:
        """Whether the row whose id is bound as ``id`` is in scope, without reading any of it."""
        queries = self._queries.get((plan.viewer, plan.purpose, plan.resource))
        return queries.is_there if queries is not None else None

    def selection(self, plan: Plan) -> Select[Any]:
        """The SELECT of the visible columns of the rows in scope, to be narrowed by a service."""
        return self._queries[plan.viewer, plan.purpose, plan.resource].selection

    def one(self, plan: Plan) -> Select[Any]:
        """`by_id` for use inside a transaction: binds ``id`` and the scope's values."""
        return self._queries[plan.viewer, plan.purpose, plan.resource].one()

    def place(self, plan: Plan, query: Query, actor: Actor) -> list[Any]:
        """Where the cursor of a query says that its page begins: nothing without a cursor.

        Raises `Failure("invalid_cursor")`.
        """
        if query.cursor is None:
            return []
        return self._cursors.read(query.cursor, _identity(plan, query, actor))

    def listing(self, plan: Plan, query: Query, actor: Actor) -> tuple[Prepared, dict[str, Any]]:
        """The statement of a page and what it binds. Raises `Failure("invalid_cursor")`."""
        place = self.place(plan, query, actor)
        queries = self._queries[plan.viewer, plan.purpose, plan.resource]
        return queries.list_of(shape_of(query)), list_values(query, place)

    def page(self, plan: Plan, query: Query, actor: Actor, rows: Sequence[Any]) -> Page:
        """The page out of the rows found (one more than asked for, when another page follows)."""
        view = viewer_of(query.fields) if query.fields else plan.view
        items = [view(row) for row in rows[: query.limit]]
        if len(rows) <= query.limit:
            return Page(items, None)
        place = place_of(query, plan.resource, items[-1])
        return Page(items, self._cursors.write(place, _identity(plan, query, actor)))

    def excerpt(
        self, plan: Plan, fields: tuple[str, ...]
    ) -> tuple[tuple[ColumnElement[Any], ...], Callable[[Any], View]]:
        """The columns of some of the plan's fields, and what makes a view of just these.

        Raises `ValueError` for a field that the viewer does not see.
        """
        columns = tuple(plan.columns[plan.visible.index(field)] for field in fields)
        return columns, viewer_of(fields)

    def lawful(self, actor: Actor, resource: str, fields: frozenset[str]) -> Plan:
        """The plan of an authority whose legal basis opens these fields, and no other.

        Raises `KeyError` as `plan` does. The plan sees nothing where none of them can be opened.
        """
        return self._opened((actor.viewer, actor.purpose, resource), fields).plan

    def batch(
        self, actor: Actor, resource: str, fields: frozenset[str], *, since: bool, until: bool
    ) -> Prepared:
        """The rows of such a plan, some at a time; see `Queries.batch_of`.

        Raises `ValueError` for a period where the resource has no moment, or a plan without fields.
        """
        opened = self._opened((actor.viewer, actor.purpose, resource), fields)
        if not opened.plan.visible:
            raise ValueError(f"{resource}: no lawful field is named")
        return opened.batch_of(since, until)

    def view_of_copy(self, plan: Plan) -> Callable[[Mapping[str, Any]], View]:
        """What makes the plan's view of a whole row of its table that was kept aside, by columns.

        A column that the copy does not have, being newer than it, is None.
        """
        table = Base.metadata.tables[self._resources[plan.resource].table]
        column_of = {plan.every_field[column.name]: column.name for column in table.c}
        names = [column_of[field] for field in plan.visible]
        return lambda copy: plan.view([copy.get(name) for name in names])

    def view(self, plan: Plan, row: Any) -> View:
        """A row of the plan's columns as the viewer sees it: hidden fields are not there."""
        return plan.view(row)

    def show(self, plan: Plan, view: View) -> Shown:
        """The view as JSON with its tag."""
        body = to_json(view)
        mark = hashlib.blake2b(
            body, key=self._tag_key, person=_person(plan.viewer), digest_size=16
        ).hexdigest()
        return Shown(body, f'"{mark}"')

    def _open(self, key: PlanKey, fields: frozenset[str]) -> Queries:
        plan = narrowed(self._plans[key], fields)
        return Queries(plan, self._resources[plan.resource].table, self._dialect)


def to_json(content: Any) -> bytes:
    """JSON in UTF-8: times in RFC 3339 with ``Z``, ids as text."""
    return orjson.dumps(content, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):  # asyncpg's own subclass
        return str(value)
    raise TypeError


@lru_cache(maxsize=64)
def _person(viewer: str) -> bytes:
    """BLAKE2's personalisation: the same body has another tag for another viewer."""
    return hashlib.blake2b(viewer.encode(), digest_size=16).digest()


def _identity(plan: Plan, query: Query, actor: Actor) -> bytes:
    """What a cursor belongs to: viewer, account, order and filters; not the page's size."""
    parts = [
        plan.viewer,
        plan.purpose,
        plan.resource,
        actor.customer_id,
        query.sort,
        query.descending,
        query.filters,
        query.words,
        query.since,
        query.until,
    ]
    return orjson.dumps(parts, default=str)
