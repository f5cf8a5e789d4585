"""Plans follow the matrix and nothing else, and start-up stops when matrix and tables disagree."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from app.access.matrix import (
    COLUMNS,
    HIDDEN,
    Cell,
    MatrixError,
    Resource,
    Row,
    Sight,
    Use,
    internal,
)
from app.access.purposes import PURPOSES
from app.access.scopes import Scope, row_scope
from app.access.viewers import Viewer
from app.access.visibility import COMPANIONS, CUSTOMER, RESOURCES
from app.core.settings import Settings
from app.main import create_app
from app.models import Base
from app.projection.masks import MASKS
from app.projection.plans import Plan, PlanKey, compile_plans, narrowed, viewer_of
from app.projection.projection import Projection
from tests.support.each import case
from tests.support.lifespan import running
from tests.support.stage import selected

PLANS = compile_plans(RESOURCES)
POSTGRESQL: Any = postgresql
SQLITE: Any = sqlite
DIALECTS: dict[str, Dialect] = {"postgresql": POSTGRESQL.dialect(), "sqlite": SQLITE.dialect()}
READABLE = (Sight.CLEAR, Sight.MASKED, Sight.CONSENTED)
CLEAR = (Sight.CLEAR, Sight.CONSENTED)


def name_of(key: PlanKey) -> str:
    return "-".join(key)


def plans_of(name: str) -> list[PlanKey]:
    """The plans of one resource: one for each viewer and purpose."""
    return [key for key in PLANS if key[2] == name]


def fields(resource: Resource, viewer: Viewer, *sights: Sight) -> list[Row]:
    return [row for row in resource.rows if row.cell(viewer).sight in sights]


def test_there_is_a_plan_for_every_viewer_purpose_and_resource() -> None:
    assert set(PLANS) == {
        (viewer, purpose, name)
        for viewer in Viewer
        for purpose in PURPOSES[viewer]
        for name in RESOURCES
    }


def nested(name: str, viewer: Viewer, *sights: Sight) -> list[tuple[str, Sight]]:
    """What the viewer sees of the record shown within, by dotted field."""
    if name not in COMPANIONS:
        return []
    companion = COMPANIONS[name]
    return [
        (f"{companion.resource}.{row.field}", row.cell(viewer).sight)
        for row in fields(RESOURCES[companion.resource], viewer, *(sights or READABLE))
        if row.field in companion.fields
    ]


def columns_behind(name: str) -> dict[str, tuple[str, str]]:
    """The table and column behind each field that a resource's views may show."""
    resource = RESOURCES[name]
    behind = {row.field: (resource.table, row.column) for row in resource.rows}
    if name in COMPANIONS:
        other = RESOURCES[COMPANIONS[name].resource]
        behind |= {f"{other.name}.{row.field}": (other.table, row.column) for row in other.rows}
    return behind


@pytest.mark.parametrize("name", RESOURCES)
def test_a_plan_holds_what_the_matrix_says(name: str) -> None:
    for key in plans_of(name):
        with case(name_of(key)):
            holds_what_the_matrix_says(key)


def holds_what_the_matrix_says(key: PlanKey) -> None:
    viewer, _, name = key
    plan, resource = PLANS[key], RESOURCES[name]
    clear = fields(resource, viewer, *CLEAR)
    assert (plan.viewer, plan.purpose, plan.resource) == key
    assert plan.scope is row_scope(name, viewer)
    own = [(row.field, row.cell(viewer).sight) for row in fields(resource, viewer, *READABLE)]
    seen = own + (nested(name, viewer) if own else [])  # nothing within what is not seen
    assert plan.visible == tuple(field for field, _ in seen)
    assert plan.masked == {field for field, sight in seen if sight is Sight.MASKED}
    opened = [row.field for row in fields(resource, viewer, Sight.LAWFUL)]
    within = nested(name, viewer, Sight.LAWFUL) if opened else []
    assert list(plan.lawful) == opened + [field for field, _ in within]
    assert plan.writable == {row.field for row in resource.rows if row.cell(viewer).write}
    # Masked is not comparable: what may be named is read in the clear.
    assert dict(plan.filterable) == {r.column: r.field for r in clear if Use.FILTER in r.uses}
    assert dict(plan.sortable) == {r.column: r.field for r in clear if Use.SORT in r.uses}
    assert plan.searchable == {row.field for row in clear if Use.SEARCH in row.uses}
    assert plan.period == any(Use.PERIOD in row.uses for row in clear)
    unseen = {row.field for row in resource.rows} - {row.field for row in clear}
    named = {*plan.filterable.values(), *plan.sortable.values(), *plan.searchable}
    assert not named & unseen


@pytest.fixture(scope="module", params=DIALECTS)
def projection(request: pytest.FixtureRequest) -> Projection:
    return Projection(DIALECTS[request.param], tag_key=b"k", cursor_key=bytes(32))


@pytest.mark.parametrize("name", RESOURCES)
def test_a_hidden_column_is_in_no_select_list(name: str, projection: Projection) -> None:
    for key in plans_of(name):
        with case(name_of(key)):
            has_no_hidden_column(key, projection)


def has_no_hidden_column(key: PlanKey, projection: Projection) -> None:
    plan = PLANS[key]
    if not plan.visible:
        assert projection.by_id(plan) is None
        return
    statement = projection.by_id(plan)
    if statement is None:
        assert "id" not in Base.metadata.tables[RESOURCES[plan.resource].table].c
        return
    table, parts, names = selected(statement.sql)
    assert table == RESOURCES[plan.resource].table
    assert names == list(plan.visible)
    behind = columns_behind(plan.resource)
    for part, field in zip(parts, names, strict=True):
        expression = part.rpartition(" AS ")[0]
        bare = ".".join(behind[field])
        assert bare in expression.replace('"', "")
        assert (expression.replace('"', "") == bare) == (field not in plan.masked)
        others = {".".join(place) for place in behind.values()} - {bare}
        assert not [other for other in others if f"{other}," in f"{expression},"]


def test_outsiders_have_no_rows_save_what_is_consented_to_a_target_or_their_own() -> None:
    own = {"session", "authenticator", "agency", "officer"}
    own |= {"legal_request", "legal_step", "legal_colleague", "legal_package", "legal_document"}
    for viewer in (Viewer.PARTNER, Viewer.AUTHORITY):
        for purpose in PURPOSES[viewer]:
            for name in set(RESOURCES) - {"policy", "purpose"}:
                plan = PLANS[viewer, purpose, name]
                expected = Scope.NONE
                if (viewer, name) == (Viewer.PARTNER, "customer"):
                    expected = Scope.PARTNER_CONSENT
                elif viewer is Viewer.AUTHORITY and name in own:
                    expected = Scope.OWN
                elif plan.lawful and name != "recipient":  # shown within a disclosure alone
                    expected = Scope.TARGET
                assert plan.scope is expected


def test_nobody_else_reads_consented_or_lawful_fields() -> None:
    for plan in PLANS.values():
        assert not plan.lawful or plan.viewer is Viewer.AUTHORITY
        assert not plan.lawful.keys() & set(plan.visible)


def lawful_plans() -> list[Plan]:
    return [plan for plan in PLANS.values() if plan.lawful and plan.scope is Scope.TARGET]


@given(data=st.data())
def test_a_narrowed_plan_has_the_lawful_fields_that_are_named_and_no_other(
    data: st.DataObject,
) -> None:
    plan = data.draw(st.sampled_from(lawful_plans()))
    named = data.draw(st.sets(st.sampled_from([*plan.every_field, "inexistente", ""])))
    made = narrowed(plan, named)
    assert set(made.visible) == named & plan.lawful.keys()
    assert list(made.visible) == [field for field in plan.lawful if field in named]
    assert [column.name for column in made.columns] == list(made.visible)
    assert not made.lawful
    assert (made.viewer, made.scope) == (Viewer.AUTHORITY, Scope.TARGET)
    assert plan.visible == ()


def test_a_plan_cannot_be_changed() -> None:
    plan = next(iter(PLANS.values()))
    with pytest.raises(FrozenInstanceError):
        plan.visible = ("tax_id",)  # type: ignore[misc]  # that is the point


def test_members_are_gathered_under_their_object_and_nothing_is_null() -> None:
    view = viewer_of(("id", "address.city", "name", "address.state"))
    assert view((1, "Campinas", "Maria", "SP")) == {
        "id": 1,
        "address": {"city": "Campinas", "state": "SP"},
        "name": "Maria",
    }
    assert list(view((1, None, None, None))) == ["id", "address", "name"]
    assert "address" not in viewer_of(("id", "name"))((1, "Maria"))
    assert viewer_of(("id", "name"))((1, "Maria", "more than the plan selects")) == {
        "id": 1,
        "name": "Maria",
    }


# Start-up fails.


def with_customer(*rows: Row) -> dict[str, Resource]:
    return {**RESOURCES, "customer": replace(CUSTOMER, rows=rows)}


def read_by_support(field: str, sight: Sight = Sight.CLEAR) -> Row:
    return Row(field, {Viewer.SUPPORT: Cell(sight, write=False)}, frozenset())


def columns() -> Iterator[tuple[str, str]]:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            yield table.name, column.name


def test_any_column_without_a_row_stops_start_up() -> None:
    for table, column in columns():
        (resource,) = [resource for resource in RESOURCES.values() if resource.table == table]
        rows = tuple(row for row in resource.rows if row.column != column)
        with pytest.raises(MatrixError, match=f"column {table}.{column} has no row"):
            compile_plans({**RESOURCES, resource.name: replace(resource, rows=rows)})


def test_a_table_without_a_resource_stops_start_up() -> None:
    for name in RESOURCES:
        without = {other: entry for other, entry in RESOURCES.items() if other != name}
        with pytest.raises(MatrixError, match="has no row"):
            compile_plans(without)


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        (
            with_customer(*CUSTOMER.rows, read_by_support("shoe_size")),
            "row customers.shoe_size names no column",
        ),
        (
            {**RESOURCES, "ghost": internal("ghosts", "id")},
            "row ghosts.id names no column",
        ),
        (with_customer(*CUSTOMER.rows, read_by_support("name")), "stands twice"),
        # The same column under a dotted name would be a second way out.
        (with_customer(*CUSTOMER.rows, read_by_support("address.email")), "stands twice"),
        (
            {**RESOURCES, "again": replace(CUSTOMER, name="again")},
            "stands twice",
        ),
        (
            with_customer(
                *(
                    read_by_support("name", Sight.MASKED) if row.field == "name" else row
                    for row in CUSTOMER.rows
                )
            ),
            "customer.name is masked for somebody but has no mask",
        ),
    ],
)
def test_a_matrix_that_does_not_fit_stops_start_up(
    resources: dict[str, Resource], problem: str
) -> None:
    with pytest.raises(MatrixError, match=problem):
        compile_plans(resources)


def test_readable_fields_without_rows_stop_start_up() -> None:
    resource = RESOURCES["challenges"]
    shown = replace(resource, rows=(read_by_support("id"), *resource.rows[1:]))
    with pytest.raises(MatrixError, match="no row scope"):
        compile_plans({**RESOURCES, "challenges": shown})


async def test_the_service_itself_does_not_start(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    broken = replace(CUSTOMER, rows=CUSTOMER.rows[:-1])
    monkeypatch.setitem(RESOURCES, "customer", broken)
    with pytest.raises((MatrixError, RuntimeError), match="has no row"):
        async with running(create_app(settings)):
            pytest.fail("it started")


def test_every_masked_cell_has_a_mask_and_every_mask_a_cell() -> None:
    masked = {
        (resource.name, row.field)
        for resource in RESOURCES.values()
        for row in resource.rows
        if any(row.cell(viewer).sight is Sight.MASKED for viewer in COLUMNS.values())
    }
    assert masked == set(MASKS)


def test_what_is_not_written_anywhere_is_hidden() -> None:
    for plan in PLANS.values():
        resource = RESOURCES[plan.resource]
        for row in resource.rows:
            assert (row.cell(plan.viewer) != HIDDEN) == (row.field in {*plan.visible, *plan.lawful})
        of_itself = {row.field for row in resource.rows}
        within = {field for field, _ in nested(plan.resource, plan.viewer, *Sight)}
        assert {*plan.visible, *plan.lawful} <= of_itself | within


def plan_of(viewer: Viewer, resource: str = "customer") -> Plan:
    return PLANS[viewer, PURPOSES[viewer][0], resource]


def test_two_purposes_of_a_viewer_see_alike_until_said_otherwise() -> None:
    for viewer in Viewer:
        for purpose in PURPOSES[viewer]:
            assert PLANS[viewer, purpose, "customer"].visible == plan_of(viewer).visible
