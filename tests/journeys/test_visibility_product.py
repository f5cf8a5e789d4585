"""Every viewer by every route that shows records by every field, from outside, on both databases.

Nothing is listed here by hand: viewers, resources, columns and routes are enumerated, so that what
is added tomorrow is under the same tests. See `support/exercisers.py` and `support/canaries.py`.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.access.matrix import Resource, Row, Sight
from app.access.permissions import PERMISSIONS, may
from app.access.viewers import STAFF_ROLES, Viewer
from app.access.visibility import COMPANIONS, INTERNAL, RESOURCES
from app.models import Base
from app.projection.plans import Plan
from tests.support.canaries import Canary
from tests.support.document import DOCUMENT
from tests.support.each import case
from tests.support.exercisers import (
    EXERCISERS,
    INSIDERS,
    NOT_RECORDS,
    door_of,
    revealing_routes,
    shown_to,
)
from tests.support.exercising import Route
from tests.support.stage import Stage, flat, raw, selected, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLERS = (Viewer.SELF, *STAFF_ROLES, Viewer.AUTHORITY, Viewer.PUBLIC)
PUBLISHED = {
    (resource.table, row.column)
    for resource in RESOURCES.values()
    for row in resource.rows
    if row.cell(Viewer.PUBLIC).sight is Sight.CLEAR
}
"""What anybody may read at any time: nothing of it can leak."""
COPIES = {("disclosures", "sent_to"): ("recipients", "contact_email")}
"""Columns that keep what another table held at a moment: whoever sees the copy has seen it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        yield it
        # Metrics only ever add up, and take longer to write than an answer: read once, at the end.
        metrics = await it.client.get("/metrics")
        assert metrics.status_code == 200
        for canary in (*it.canaries.values(), it.closed):
            for column in canary.traces:
                assert not canary.found(column, metrics.content), f"{canary.table}.{column} is told"


def plan_of(stage: Stage, route: Route, viewer: Viewer) -> Plan:
    capacity = shown_to(route, viewer)
    return stage.platform.projection.plan(stage.actor(capacity), EXERCISERS[route].resource)


def is_let_in(route: Route, viewer: Viewer) -> bool:
    return viewer in INSIDERS.get(door_of(route), CALLERS)


def is_answered(route: Route, viewer: Viewer) -> bool:
    capacity = Viewer.PUBLIC if door_of(route) == "public" else viewer
    return is_let_in(route, viewer) and may(capacity, EXERCISERS[route].permission)


def rows_of(name: str) -> Iterator[tuple[str, Resource, Row]]:
    """Each row of a resource and of the one shown within it: by dotted field, with its table."""
    yield from ((row.field, RESOURCES[name], row) for row in RESOURCES[name].rows)
    if companion := COMPANIONS.get(name):
        other = RESOURCES[companion.resource]
        for row in other.rows:
            if row.field in companion.fields:
                yield f"{other.name}.{row.field}", other, row


def hidden_in(stage: Stage, route: Route, plan: Plan) -> Iterator[tuple[Canary, str]]:
    """Every canary of every table that an answer by this plan must not hold."""
    shown = set(EXERCISERS[route].shown_of(plan)) - plan.masked
    clear = {
        (resource.table, row.column)
        for field, resource, row in rows_of(plan.resource)
        if field in shown
    }
    for table, column in set(clear):  # an id that is shown is that of the other table's row
        for key in Base.metadata.tables[table].c[column].foreign_keys:
            clear.add((key.column.table.name, key.column.name))
    clear |= {COPIES[copy] for copy in clear & COPIES.keys()}
    clear |= PUBLISHED
    for canary in (*stage.canaries.values(), stage.closed):
        for column in canary.traces:
            if (canary.table, column) not in clear:
                yield canary, f"{canary.table}.{column}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: its answer, all that left the service for it, and what the database was told."""

    answer: httpx.Response
    everything: bytes
    statements: tuple[str, ...]
    entered: bytes
    """Every value that a lone read brought into the process."""

    def selects(self, resource: str) -> list[tuple[list[str], list[str]]]:
        """What was selected from the resource's table."""
        parsed = [selected(sql) for sql in self.statements if sql.lstrip()[:6].upper() == "SELECT"]
        table = RESOURCES[resource].table
        return [(parts, names) for main, parts, names in parsed if main == table]


async def ask(stage: Stage, route: Route, viewer: Viewer) -> Exchange:
    """Ask the route as the viewer, and keep all that came of it."""
    stage.log.seek(0)
    stage.log.truncate()
    answer = await EXERCISERS[route].exercise(stage, viewer)
    statements = tuple(stage.tap.statements)
    entered = repr([list(row) for row in stage.tap.rows]).encode()
    everything = raw(answer) + stage.log.getvalue()
    return Exchange(answer, everything, statements, entered)


MASKED = re.compile(r"substr\(|case when", re.IGNORECASE)


def expected_mask(column: str, value: Any) -> str | None:
    """The documented shapes, said once more, in Python."""
    if column in ("session_id", "actor_id"):
        return None  # the canary's author is of the staff
    if column == "tax_id":
        return f"***.{value[3:6]}.{value[6:9]}-**"
    if column in ("email", "recipient"):
        return f"{value[0]}***@{value.partition('@')[2]}"
    assert column == "phone", f"say here what a masked {column} looks like"
    return f"****{value[-4:]}"


async def test_every_route_that_shows_records_is_exercised() -> None:
    assert set(revealing_routes(DOCUMENT)) == set(EXERCISERS)
    behind_doors = {
        (method, path)
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
        if path.startswith(("/v1/staff", "/v1/customer", "/v1/partner", "/v1/authority"))
    }
    assert behind_doors - set(EXERCISERS) == set(NOT_RECORDS)


async def test_every_route_that_shows_records_needs_a_permission_of_the_table() -> None:
    walked = {entry.permission for entry in EXERCISERS.values()}
    assert walked <= set(PERMISSIONS)


async def test_every_table_has_a_canary(stage: Stage) -> None:
    assert set(stage.canaries) == set(Base.metadata.tables)
    assert {resource.table for resource in RESOURCES.values()} == set(Base.metadata.tables)


@pytest.mark.parametrize("route", EXERCISERS, ids=" ".join)
async def test_every_viewer_by_every_field_of_an_answer(stage: Stage, route: Route) -> None:
    for viewer in CALLERS:
        with case(viewer):
            exchange = await ask(stage, route, viewer)
            demand_exactly_the_plans_fields(stage, exchange, route, viewer)
            demand_values_only_where_the_matrix_says_clear(stage, exchange, route, viewer)
            demand_no_hidden_column_in_a_select_and_no_value_in_sql(stage, exchange, route, viewer)


def demand_exactly_the_plans_fields(
    stage: Stage, exchange: Exchange, route: Route, viewer: Viewer
) -> None:
    answer, everything = exchange.answer, exchange.everything
    entry = EXERCISERS[route]
    if not is_answered(route, viewer):
        assert answer.status_code == (403 if is_let_in(route, viewer) else 401)
        for canary in stage.canaries.values():
            for column in canary.traces:
                assert not canary.found(column, everything), f"{canary.table}.{column}"
        assert exchange.selects(entry.resource) == []
        return

    assert answer.status_code in (200, 201), answer.text
    plan = plan_of(stage, route, viewer)
    by_matrix = [
        field
        for field, _, row in rows_of(entry.resource)
        if row.cell(plan.viewer).sight in (Sight.CLEAR, Sight.MASKED, Sight.CONSENTED)
    ]
    assert list(plan.visible) == by_matrix
    assert set(entry.shown_of(plan)) <= set(by_matrix)
    objects = frozenset(field.partition(".")[0] for field in by_matrix if "." in field)
    records = entry.records(answer.json())
    assert records
    for record in records:
        told = [*entry.shown_of(plan), *entry.beside, *entry.derived]
        assert list(flat(record, objects)) == told
        assert all(record[name] for name in objects if name in record)


def demand_values_only_where_the_matrix_says_clear(
    stage: Stage, exchange: Exchange, route: Route, viewer: Viewer
) -> None:
    answer, everything = exchange.answer, exchange.everything
    if not is_answered(route, viewer):
        return
    entry, plan = EXERCISERS[route], plan_of(stage, route, viewer)
    for canary, name in hidden_in(stage, route, plan):
        column = name.partition(".")[2]
        assert not canary.found(column, everything), f"{name} left"
        assert not canary.found(column, exchange.entered), f"{name} entered the process"
    if not entry.canary:
        return
    objects = frozenset(field.partition(".")[0] for field in plan.visible if "." in field)
    records = [flat(record, objects) for record in entry.records(answer.json())]
    for field, resource, row in rows_of(entry.resource):
        canary = stage.canaries[resource.table]
        if field in plan.masked:
            mask = expected_mask(row.column, canary.values[row.column])
            shown = [record.get(field) for record in records]
            assert mask in shown, f"{field} is not masked as documented"
        elif field in entry.shown_of(plan) and row.column in canary.traces:
            assert canary.found(row.column, answer.content), f"{field} is missing"


def demand_no_hidden_column_in_a_select_and_no_value_in_sql(
    stage: Stage, exchange: Exchange, route: Route, viewer: Viewer
) -> None:
    texts = "\n".join(exchange.statements).encode()
    for canary in (*stage.canaries.values(), stage.closed):
        for column in canary.traces:
            assert not canary.found(column, texts), f"{canary.table}.{column} stands in SQL"
    if not is_answered(route, viewer):
        return
    entry, plan = EXERCISERS[route], plan_of(stage, route, viewer)
    found = exchange.selects(entry.resource)
    shown = [*entry.shown_of(plan), *entry.beside]
    assert shown in [names for _, names in found]
    for parts, names in found:
        if "holder" in names:  # what a door asks about the caller's session
            continue
        # A rule may look at less than what is shown in the end; never at more.
        assert set(names) <= {*plan.visible, *entry.beside}
        for part, name in zip(parts, names, strict=True):
            assert (name in plan.masked) == (MASKED.search(part) is not None)


@pytest.mark.parametrize("viewer", [Viewer.SELF, *STAFF_ROLES])
async def test_two_routes_show_the_same_record_alike(stage: Stage, viewer: Viewer) -> None:
    shown: list[Any] = []
    for route, entry in EXERCISERS.items():
        if entry.resource == "customer" and entry.canary and is_answered(route, viewer):
            answer = await entry.exercise(stage, viewer)
            shown += [
                record
                for record in entry.records(answer.json())
                if record["id"] == str(stage.customer_id)
            ]
    assert len(shown) >= 2
    whole = max(shown, key=len)
    for record in shown:  # alike, as far as it goes: `beside` is of another resource
        assert record.items() <= (whole | {"permissions": ["owner"]}).items()


@pytest.mark.parametrize("viewer", STAFF_ROLES)
async def test_a_closed_customer_keeps_hidden_what_is_hidden(stage: Stage, viewer: Viewer) -> None:
    address = f"/v1/staff/customers/{stage.closed.values['id']}"
    answer = await stage.client.get(address, headers=stage.headers(viewer))
    sees = viewer in {
        Viewer.DIRECTOR,
        Viewer.SYSTEMS_ENGINEER,
        Viewer.PRIVACY_OFFICER,
        Viewer.BILLING,
    }
    assert answer.status_code == (200 if sees else 404)
    for row in RESOURCES["customer"].rows:
        if row.column in stage.closed.traces and row.column != "id":
            clear = sees and row.cell(viewer).sight is Sight.CLEAR
            assert stage.closed.found(row.column, raw(answer)) == clear, row.field


async def test_health_and_documents_hold_no_value(stage: Stage) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"):
        content = raw(await stage.client.get(path))
        for canary in stage.canaries.values():
            for column in canary.traces:
                assert not canary.found(column, content), f"{canary.table}.{column} in {path}"


async def test_internal_tables_are_hidden_from_everyone(stage: Stage) -> None:
    for resource in INTERNAL:
        for viewer in Viewer:
            assert not stage.platform.projection.plan(stage.actor(viewer), resource.name).visible
