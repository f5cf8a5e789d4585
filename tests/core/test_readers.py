"""`app/core/readers.py`: lone reads on kept connections, beside which transactions find theirs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import literal, select, text

from app.core.database import Database
from app.core.readers import Readers
from app.core.statements import prepare


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool=2)
    yield made
    await made.close()


@pytest.fixture
async def readers(database: Database) -> AsyncIterator[Readers]:
    made = Readers(database.lease, 1, 0.2)
    yield made
    await made.close()


async def itself(driver: Any) -> Any:
    return driver


async def test_a_connection_is_kept_between_reads(readers: Readers) -> None:
    assert await readers.run(itself) is await readers.run(itself)


async def test_one_that_broke_is_not_used_again(readers: Readers) -> None:
    first = await readers.run(itself)

    async def breaks(driver: Any) -> None:
        assert driver is first
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await readers.run(breaks)
    assert await readers.run(itself) is not first


async def test_a_cancelled_read_takes_its_connection_with_it(readers: Readers) -> None:
    first = await readers.run(itself)
    reading = asyncio.create_task(readers.run(lambda _: asyncio.sleep(60)))
    await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await readers.run(itself) is not first


async def test_who_waits_too_long_is_told(readers: Readers) -> None:
    leave = asyncio.Event()
    reading = asyncio.create_task(readers.run(lambda _: leave.wait()))
    await asyncio.sleep(0.01)
    with pytest.raises(TimeoutError):
        await readers.run(itself)
    waiting = asyncio.create_task(readers.run(itself))
    await asyncio.sleep(0.01)
    leave.set()
    await reading
    assert await waiting is not None


async def test_forgotten_ones_are_replaced(readers: Readers) -> None:
    first = await readers.run(itself)
    await readers.forget()
    assert await readers.run(itself) is not first


async def test_reads_leave_transactions_a_connection_and_the_reverse(database_url: str) -> None:
    database = Database(database_url, pool=1)
    one = prepare(select(literal(1)), database.dialect)
    try:
        assert [list(row) for row in await database.fetch(one, {})] == [[1]]
        async with database.transaction() as connection:
            await connection.execute(text("SELECT 1"))
            assert [list(row) for row in await database.fetch(one, {})] == [[1]]
    finally:
        await database.close()
