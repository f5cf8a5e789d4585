"""What leaves: tags and cursors belong to a viewer, rows to a scope, statements bind all values."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from sqlalchemy import false, true

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.scopes import ROW_SCOPES, Scope
from app.access.viewers import Viewer
from app.core.database import Database
from app.core.statements import prepare
from app.projection.guard import read_query
from app.projection.projection import Projection, to_json
from app.projection.scopes import CONDITIONS, condition, scope_values

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CUSTOMER_ID = UUID("01a19467-e800-7e96-9097-3b43b5d82b45")


def actor(viewer: Viewer, purpose: str | None = None) -> Actor:
    return Actor("staff", viewer, purpose or PURPOSES[viewer][0], "x", customer_id=CUSTOMER_ID)


@pytest.fixture
async def database(shared_database_url: str) -> AsyncIterator[Database]:
    database = Database(shared_database_url)
    yield database
    await database.close()


@pytest.fixture
def projection(database: Database) -> Projection:
    return Projection(database.dialect, tag_key=b"tag key", cursor_key=bytes(32))


def test_the_same_record_has_another_tag_for_another_viewer(projection: Projection) -> None:
    plans = [projection.plan(actor(viewer), "policy") for viewer in Viewer]
    row = ("id", "1", "hash", NOW, *(f"field-{place}" for place in range(9)))
    shown = [projection.show(plan, projection.view(plan, row)) for plan in plans]
    assert len({record.body for record in shown}) == 1
    assert len({record.etag for record in shown}) == len(Viewer)


def test_a_tag_is_of_the_content_and_of_this_services_key(
    projection: Projection, database: Database
) -> None:
    plan = projection.plan(actor(Viewer.PUBLIC), "policy")
    row = ("id", "1", "hash", NOW, *(f"field-{place}" for place in range(9)))
    tag = projection.show(plan, projection.view(plan, row)).etag
    assert tag == projection.show(plan, projection.view(plan, row)).etag
    for place in range(len(row)):
        other = (*row[:place], "other", *row[place + 1 :])
        assert projection.show(plan, projection.view(plan, other)).etag != tag
    elsewhere = Projection(database.dialect, tag_key=b"other", cursor_key=bytes(32))
    assert elsewhere.show(plan, elsewhere.view(plan, row)).etag != tag


def test_json_takes_only_plain_values() -> None:
    assert to_json({"id": CUSTOMER_ID, "at": NOW}) == orjson.dumps(
        {"id": str(CUSTOMER_ID), "at": "2026-11-22T12:00:00Z"}
    )
    for stray in (object(), {1, 2}, b"secret", prepare):
        with pytest.raises(TypeError):
            to_json({"stray": stray})


async def test_dormant_viewers_are_admitted_to_no_row(
    projection: Projection, database: Database
) -> None:
    for key, plan in projection.plans.items():
        if plan.scope is not Scope.NONE or not plan.visible:
            continue
        assert key[0] in (Viewer.PARTNER, Viewer.AUTHORITY)
        caller = actor(plan.viewer, plan.purpose)
        values = projection.scope(caller, NOW) | {"id": CUSTOMER_ID}
        by_id = projection.by_id(plan)
        assert by_id is not None
        page, page_values = projection.listing(plan, read_query(plan, [], "a:b:c"), caller)
        for statement, bound in ((by_id, values), (page, values | page_values)):
            where = statement.sql.partition("WHERE")[2].lower()
            assert where.strip().startswith(("false", "0 = 1"))
            assert await database.fetch(statement, bound) == []


def test_a_scope_that_is_written_nowhere_admits_no_row() -> None:
    for scope in Scope:
        for resource in ("customer", "audit_event", "policy", "tickets"):
            if (resource, scope) not in CONDITIONS:
                assert str(condition(resource, scope, Viewer.SELF)) == "false"
    assert str(condition("customer", Scope.NONE, Viewer.SELF)) == "false"


def test_every_scope_in_use_is_written_in_sql() -> None:
    for resource, scopes in ROW_SCOPES.items():
        for viewer, scope in scopes.items():
            written = str(condition(resource, scope, viewer)) != str(false())
            assert written, f"{viewer} sees no {resource}"
    everything = {key for key, make in CONDITIONS.items() if str(make()) == str(true())}
    assert {scope for _, scope in everything} == {Scope.ALL}


def test_the_fiscal_retention_counts_calendar_years() -> None:
    own = actor(Viewer.BILLING)
    assert scope_values(own, NOW, 5)["scope_fiscal_since"] == NOW.replace(year=2021)
    leap = datetime(2028, 2, 29, 8, tzinfo=UTC)
    assert scope_values(own, leap, 5)["scope_fiscal_since"] == leap.replace(year=2023, day=28)
    assert scope_values(own, leap, 4)["scope_fiscal_since"] == leap.replace(year=2024)


def test_values_are_bound_and_never_written(projection: Projection) -> None:
    plan = projection.plan(actor(Viewer.DIRECTOR), "customer")
    asked = [
        *(("q", "maria"), ("email", "maria@exemplo.com.br"), ("city", "Campinas"), ("limit", "7")),
        *(("phone", "(11) 91234-5678"), ("tax_id", "529.982.247-25"), ("status", "active'")),
    ]
    query = read_query(plan, asked, "a:b:c")
    statement, values = projection.listing(plan, query, actor(Viewer.DIRECTOR))
    assert {"maria", "maria@exemplo.com.br", "campinas", 8, "active'"} <= set(values.values())
    for text in ("maria", "exemplo", "campinas", "9123", "5299", "active'"):
        assert text not in statement.sql.lower()


def test_a_statement_is_made_once_for_its_shape(projection: Projection) -> None:
    plan, caller = projection.plan(actor(Viewer.SUPPORT), "customer"), actor(Viewer.SUPPORT)
    made = [
        projection.listing(plan, read_query(plan, [("city", city)], "a:b:c"), caller)[0]
        for city in ("Campinas", "Santos")
    ]
    assert made[0] is made[1]
