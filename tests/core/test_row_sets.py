"""`app/core/row_sets.py`: any number of rows in one go, typed as if they came one by one."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Uuid,
    select,
    update,
)

from app.core.columns import Names, UtcDateTime, json_object
from app.core.database import DRIVER_ERRORS, Database
from app.core.row_sets import RowSet, for_each, given, insertion, prepare_set
from app.core.statements import bound
from app.core.transactions import Transaction

TABLE = Table(
    "parcels",
    MetaData(),
    Column("id", Uuid(), primary_key=True),
    Column("label", String(8)),
    Column("tags", Names),
    Column("note", json_object()),
    Column("at", UtcDateTime()),
)
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
ROWS: Sequence[dict[str, Any]] = [
    {"id": UUID(int=1), "label": "one", "tags": ("a", "b"), "note": {"n": [1, "é"]}, "at": AT},
    {"id": UUID(int=2), "label": None, "tags": None, "note": {}, "at": None},
    {"id": UUID(int=3), "label": "'{\",\\", "tags": (), "note": {"x": None}, "at": AT},
]


class Parcels:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.put = insertion(TABLE, database.dialect)
        wanted = select(TABLE).where(TABLE.c.id == bound("id", Uuid()), TABLE.c.id != UUID(int=9))
        self.read = for_each(wanted, database.dialect)
        relabel = update(TABLE).where(TABLE.c.id == bound("id", Uuid()))
        self.relabel = for_each(relabel.values(label=bound("label", String())), database.dialect)

    async def kept(self, transaction: Transaction) -> dict[UUID, Sequence[Any]]:
        asked = [{"id": UUID(int=number)} for number in range(10)]
        return {row[0]: tuple(row) for row in await self.read.run(transaction, asked)}


@pytest_asyncio.fixture
async def parcels(database_url: str) -> AsyncIterator[Parcels]:
    database = Database(database_url, pool=2)
    async with database.transaction() as connection:
        await connection.run_sync(TABLE.create)
    yield Parcels(database)
    await database.close()


async def test_rows_go_in_whole_and_come_out_typed(parcels: Parcels) -> None:
    expected = {row["id"]: tuple(row.values()) for row in ROWS}
    async with parcels.database.driven() as driven:
        assert await parcels.put.run(driven, ROWS) == []
        assert await parcels.kept(driven) == expected
    async with parcels.database.transaction() as connection:  # and on the other kind
        assert await parcels.kept(connection) == expected


async def test_each_row_changes_with_its_own_values(parcels: Parcels) -> None:
    async with parcels.database.driven() as driven:
        await parcels.put.run(driven, ROWS)
        changes = [{"id": UUID(int=1), "label": "uno"}, {"id": UUID(int=3), "label": "tre"}]
        await parcels.relabel.run(driven, changes)
        kept = await parcels.kept(driven)
    assert [kept[UUID(int=number)][1] for number in (1, 2, 3)] == ["uno", None, "tre"]


async def test_of_no_rows_nothing_is_run(parcels: Parcels) -> None:
    broken = RowSet(parcels.put.prepared, at_once=parcels.put.at_once)
    async with parcels.database.driven() as driven:
        assert await broken.run(driven, []) == []


async def test_rows_can_be_selected_from(parcels: Parcels) -> None:
    rows = given(parcels.database.dialect, id=Uuid(), word=String())
    known = select(rows.c.word, TABLE.c.label).join_from(rows, TABLE, TABLE.c.id == rows.c.id)
    joined = prepare_set(known, parcels.database.dialect)
    asked = [{"id": UUID(int=1), "word": "here"}, {"id": UUID(int=7), "word": "not"}]
    async with parcels.database.driven() as driven:
        await parcels.put.run(driven, ROWS)
        assert [tuple(row) for row in await joined.run(driven, asked)] == [("here", "one")]


async def test_a_text_too_long_is_refused_not_cut(parcels: Parcels) -> None:
    if not parcels.database.is_postgresql:
        pytest.skip("SQLite minds no length")
    with pytest.raises(DRIVER_ERRORS, match="too long"):
        async with parcels.database.driven() as driven:
            await parcels.put.run(driven, [ROWS[0] | {"label": "x" * 9}])
