"""`app/core/long_statements.py`: what takes longer than usual is not cut off, and is counted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import literal, select, update

from app.core import long_statements
from app.core.database import Database
from app.core.errors import Failure
from app.core.long_statements import run_long
from app.models import Policy, PolicyDraft, table_of

DRAFTS = table_of(PolicyDraft)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool=2)
    yield made
    await made.close()


async def test_it_says_how_many_rows_it_wrote(database: Database) -> None:
    columns: dict[str, Any] = {
        "id": Policy.id,
        "status": literal("draft"),
        **{name: literal("à ' \" %") for name in ("text", "text_en", "summary", "summary_en")},
        "requires_acceptance": literal(value=True),
        "authors": literal(("a", "b"), DRAFTS.c.authors.type),
        "created_at": Policy.published_at,
        "changed_at": Policy.published_at,
    }
    filling = DRAFTS.insert().from_select(list(columns), select(*columns.values()))
    async with database.transaction() as connection:
        await connection.execute(select(DRAFTS.c.id))
        assert await run_long(connection, filling) == 1
        assert await run_long(connection, update(DRAFTS).values(status="submitted")) == 1
        assert await run_long(connection, update(DRAFTS).where(DRAFTS.c.status == "x")) == 0
        row = (await connection.execute(select(DRAFTS.c.text, DRAFTS.c.authors))).one()
    assert tuple(row) == ("à ' \" %", ("a", "b"))


async def cut_off(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(select(DRAFTS.c.id))
        await run_long(connection, update(DRAFTS).values(status="draft"))


async def test_on_postgresql_it_has_a_time_of_its_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite cuts nothing off")
    monkeypatch.setattr(long_statements, "LONGEST", 0.000001)
    with pytest.raises(Failure, match="database_unavailable"):
        await cut_off(database)
