"""`app/core/id_expressions.py`: ids that the database makes, one for each row."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio
from sqlalchemy import Uuid, literal, select

from app.core.database import Database
from app.core.id_expressions import fresh_ids
from app.core.ids import id_at

MOMENT = datetime(2026, 11, 24, 18, 20, 30, 123000, UTC)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool=2)
    yield made
    await made.close()


async def test_each_row_has_a_version_7_of_its_own(database: Database) -> None:
    first = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = first.union_all(select(first.c.number + 1).where(first.c.number < 200))
    chosen = select(fresh_ids(MOMENT, database.dialect).label("made")).select_from(numbers)
    async with database.transaction() as connection:
        found = list((await connection.execute(chosen)).scalars())
    assert len(set(found)) == 200
    for made in found:
        assert (made.version, made.variant) == (7, "specified in RFC 4122")
        assert made.int >> 80 == id_at(MOMENT).int >> 80
    spread = {made.int >> bit & 1 for made in found for bit in range(62)}
    assert spread == {0, 1}
    assert isinstance(fresh_ids(MOMENT, database.dialect).type, Uuid)
