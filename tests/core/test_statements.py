"""`app/core/statements.py`: compiled once, bound and read without SQLAlchemy."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Dialect, Integer, LargeBinary, String, literal, select
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.columns import UtcDateTime
from app.core.database import Database
from app.core.statements import Record, bound, prepare
from app.models import Customer, Login

DIALECTS: dict[str, Dialect] = {
    "sqlite": create_async_engine("sqlite+aiosqlite://").dialect,
    "postgresql": create_async_engine("postgresql+asyncpg://x/x").dialect,
}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_constants_stand_in_the_text_and_values_do_not(dialect: Dialect) -> None:
    statement = select(Customer.id).where(
        Customer.status.in_(("active", "suspended")),
        Customer.state == bound("state", Customer.state.type),
    )
    prepared = prepare(statement, dialect)
    assert "'active', 'suspended'" in prepared.sql
    assert prepared.names == ("state",)
    hostile = "'; DROP TABLE customers; --"
    assert [*prepared.arguments({"state": hostile, "unused": 1})] == [hostile]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_value_that_is_missing_is_an_error_and_none_is_a_value(dialect: Dialect) -> None:
    prepared = prepare(select(literal(1)).where(bound("a", String()) == "x"), dialect)
    with pytest.raises(KeyError):
        prepared.arguments({})
    assert [*prepared.arguments({"a": None})] == [None]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_quotes_in_our_own_constants_are_escaped(dialect: Dialect) -> None:
    prepared = prepare(select(Customer.id).where(Customer.name == "D'Ávila"), dialect)
    assert "'D''Ávila'" in prepared.sql
    assert prepared.names == ()


async def test_values_go_out_and_come_back_typed(shared_database_url: str) -> None:
    database = Database(shared_database_url)
    identity, moment = UUID(int=7 << 80), datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    values: dict[str, Any] = {"id": identity, "at": moment, "n": 5, "raw": b"\x00\xff", "t": "é'😀"}
    statement = select(
        bound("id", Customer.id.type).label("id"),
        bound("at", UtcDateTime()).label("at"),
        bound("n", Integer()).label("n"),
        bound("raw", LargeBinary()).label("raw"),
        bound("t", String()).label("t"),
        bound("n", Integer()).label("again"),
    )
    if database.is_postgresql:  # which wants to know the type of a bare parameter
        statement = select(
            *(column.cast(column.type).label(column.name) for column in statement.selected_columns)
        )
    [row] = await database.fetch(prepare(statement, database.dialect), values)
    await database.close()
    assert list(row[1:]) == [moment, 5, b"\x00\xff", "é'😀", 5]
    assert UUID(str(row[0])) == identity


async def test_a_limit_is_bound_with_each_call(shared_database_url: str) -> None:
    database = Database(shared_database_url)
    statement = select(Login.id).limit(bound("limit", Integer()))
    prepared = prepare(statement, database.dialect)
    assert await database.fetch(prepared, {"limit": 3}) == []
    assert "limit" in prepared.names
    await database.close()


def test_rows_that_need_no_reading_are_handed_on_as_they_come() -> None:
    rows: list[Record] = [("Ana",), ("Bia",)]
    assert prepare(select(Customer.name), DIALECTS["sqlite"]).records(rows) is rows
    naive = datetime(2026, 11, 22, 12).isoformat(" ") + ".000000"  # noqa: DTZ001 - as SQLite keeps it
    [row] = prepare(select(Customer.created_at), DIALECTS["sqlite"]).records([(naive,)])
    assert [*row] == [datetime(2026, 11, 22, 12, tzinfo=UTC)]
