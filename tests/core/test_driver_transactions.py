"""`app/core/driver_transactions.py`: as whole and as undone as any other transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Select, Table, UpdateBase, insert, select, update

from app.core.database import DRIVER_ERRORS, Database
from app.core.errors import Failure
from app.core.statements import Prepared, bound, prepare

TABLE = Table("purses", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer))
ROW = TABLE.c.id == bound("row", Integer())


class Purses:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.put = self._prepared(insert(TABLE))
        self.read = self._prepared(select(TABLE.c.n).where(ROW))
        self.add = self._prepared(
            update(TABLE)
            .where(ROW)
            .values(n=TABLE.c.n + bound("more", Integer()))
            .returning(TABLE.c.n)
        )

    def _prepared(self, statement: Select[Any] | UpdateBase) -> Prepared:
        return prepare(statement, self.database.dialect)

    async def of(self, row: int) -> list[int]:
        return [each[0] for each in await self.database.fetch(self.read, {"row": row})]


@pytest_asyncio.fixture
async def purses(database_url: str) -> AsyncIterator[Purses]:
    database = Database(database_url, pool=4)
    async with database.transaction() as connection:
        await connection.run_sync(TABLE.create)
    made = Purses(database)
    async with database.driven() as transaction:
        assert await transaction.run(made.put, {"id": 1, "n": 0}) == []
    yield made
    await database.close()


async def test_what_it_wrote_stands_and_is_told(purses: Purses) -> None:
    async with purses.database.driven() as transaction:
        [row] = await transaction.run(purses.add, {"row": 1, "more": 5})
        assert row[0] == 5
        assert await transaction.run(purses.add, {"row": 2, "more": 5}) == []
    assert await purses.of(1) == [5]


async def test_whatever_breaks_it_undoes_it(purses: Purses) -> None:
    with suppress(ZeroDivisionError):
        async with purses.database.driven() as transaction:
            await transaction.run(purses.add, {"row": 1, "more": 5})
            raise ZeroDivisionError
    assert await purses.of(1) == [0]


async def test_a_refusal_undoes_it_and_keeps_the_connection(purses: Purses) -> None:
    drivers = set()

    async def refuse() -> None:
        async with purses.database.driven() as transaction:
            drivers.add(transaction.driver)
            await transaction.run(purses.add, {"row": 1, "more": 5})
            raise Failure("conflict")

    for _ in range(3):
        with pytest.raises(Failure, match="conflict"):
            await refuse()
    assert len(drivers) == 1
    assert await purses.of(1) == [0]


async def test_a_statement_that_fails_undoes_those_before(purses: Purses) -> None:
    async def fail() -> None:
        async with purses.database.driven() as transaction:
            await transaction.run(purses.add, {"row": 1, "more": 5})
            await transaction.run(purses.put, {"id": 1, "n": 9})

    with pytest.raises(DRIVER_ERRORS):
        await fail()
    assert await purses.of(1) == [0]


async def test_one_who_leaves_undoes_it_and_takes_no_connection_along(purses: Purses) -> None:
    entered = asyncio.Event()

    async def stay() -> None:
        async with purses.database.driven() as transaction:
            await transaction.run(purses.add, {"row": 1, "more": 5})
            entered.set()
            await asyncio.Event().wait()

    for _ in range(6):  # more than there are connections
        entered.clear()
        task = asyncio.create_task(stay())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await purses.of(1) == [0]


async def test_many_at_once_lose_no_update(purses: Purses) -> None:
    async def add_one() -> None:
        async with purses.database.driven() as transaction:
            await transaction.run(purses.add, {"row": 1, "more": 1})

    await asyncio.gather(*(add_one() for _ in range(50)))
    assert await purses.of(1) == [50]


async def test_its_patience_with_who_holds_a_row_has_an_end(purses: Purses) -> None:
    if not purses.database.is_postgresql:
        pytest.skip("SQLite waits for its one writer, and then says that it is unavailable")
    async with purses.database.driven() as holder:
        await holder.run(purses.add, {"row": 1, "more": 1})
        with pytest.raises(DRIVER_ERRORS, match="lock timeout"):
            async with purses.database.driven(patience=0.05) as transaction:
                await transaction.run(purses.add, {"row": 1, "more": 5})
    async with purses.database.driven(patience=0.05) as transaction:
        await transaction.run(purses.add, {"row": 1, "more": 5})
    assert await purses.of(1) == [6]


async def test_a_database_that_is_not_there_is_said_to_be_unavailable() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(Failure, match="database_unavailable"):
        async with away.driven():
            raise AssertionError
    await away.close()
