"""What tests hold a database against: every table is in it, and every change of a value."""

import pytest
from sqlalchemy import func, insert, select, update

from app.core.database import Database
from app.core.ids import new_id
from app.models import Base
from tests.support.canaries import plant_everywhere
from tests.support.contents import contents

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def test_every_row_of_every_table_is_in_the_contents(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.transaction() as connection:
            await plant_everywhere(connection, {})
        found = await contents(database, without=["sessions"])
        assert set(found) == set(Base.metadata.tables) - {"sessions"}
        async with database.snapshot() as connection:
            for name, rows in found.items():
                table = Base.metadata.tables[name]
                counted = select(func.count()).select_from(table)
                assert len(rows) == (await connection.execute(counted)).scalar_one() > 0
                assert {len(row) for row in rows} == {len(table.columns)}
        assert await contents(database, without=["sessions"]) == found
    finally:
        await database.close()


async def test_one_changed_value_and_one_more_row_are_seen(database_url: str) -> None:
    database = Database(database_url)
    logins = Base.metadata.tables["logins"]
    try:
        async with database.transaction() as connection:
            planted = await plant_everywhere(connection, {})
        before = await contents(database)
        async with database.transaction() as connection:
            await connection.execute(update(logins).values(name="Outro Nome"))
        changed = await contents(database)
        assert {name for name in before if before[name] != changed[name]} == {"logins"}
        another = {**planted["logins"].values, "id": new_id(), "email_key": "outro@exemplo.com.br"}
        async with database.transaction() as connection:
            await connection.execute(insert(logins).values(another))
        assert len((await contents(database))["logins"]) == len(changed["logins"]) + 1
    finally:
        await database.close()
