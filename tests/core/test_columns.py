"""`app/core/columns.py`: the same Python values from both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from app.core.columns import Names, UtcDateTime, json_object, key_text
from app.core.database import Database
from app.core.statements import prepare

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLE = Table(
    "columns_under_test",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("names", Names),
    Column("key", key_text(50)),
    Column("document", json_object()),
)
SAO_PAULO = timezone(timedelta(hours=-3))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(shared_database_url: str) -> AsyncIterator[Database]:
    made = Database(shared_database_url)
    async with made.transaction() as connection:
        await connection.run_sync(TABLE.create)
    yield made
    async with made.transaction() as connection:
        await connection.run_sync(TABLE.drop)
    await made.close()


async def there_and_back(database: Database, column: str, value: Any) -> list[Any]:
    """The value as SQLAlchemy and as a prepared statement read it."""
    async with database.transaction() as connection:
        await connection.execute(TABLE.delete())
        await connection.execute(insert(TABLE).values({"id": 1, column: value}))
        first = (await connection.execute(select(TABLE.c[column]))).scalar_one()
    [row] = await database.fetch(prepare(select(TABLE.c[column]), database.dialect), {})
    return [first, row[0]]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 22, 12, tzinfo=SAO_PAULO),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
        None,
    ],
)
async def test_a_moment_comes_back_aware_and_in_utc(
    database: Database, moment: datetime | None
) -> None:
    for found in await there_and_back(database, "at", moment):
        assert found == moment
        if found is not None:
            assert found.utcoffset() == timedelta(0)


async def test_a_naive_time_has_no_place_in_the_database(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        await there_and_back(database, "at", datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@pytest.mark.parametrize("names", [(), ("owner",), ("id", "address.city"), None])
async def test_names_come_back_as_a_tuple(
    database: Database, names: tuple[str, ...] | None
) -> None:
    assert await there_and_back(database, "names", names) == [names, names]


@pytest.mark.parametrize("document", [{}, {"language": "pt-BR", "n": [1, None, "é😀"]}])
async def test_documents_come_back_as_they_were(database: Database, document: Any) -> None:
    assert await there_and_back(database, "document", document) == [document, document]


async def test_keys_are_ordered_byte_by_byte_as_python_orders_them(database: Database) -> None:
    keys = ["Z", "a", "ab", "a b", "b", "á", "", "z", "~", "王", "😀"]
    async with database.transaction() as connection:
        await connection.execute(TABLE.delete())
        await connection.execute(
            insert(TABLE), [{"id": number, "key": key} for number, key in enumerate(keys)]
        )
        found = (await connection.execute(select(TABLE.c.key).order_by(TABLE.c.key))).scalars()
        assert found.all() == sorted(keys)
