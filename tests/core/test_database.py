"""`app/core/database.py`: transactions that lose nothing, reads that outlive a lost connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError

from app.core.database import Database, async_url, insert_unless_there
from app.core.errors import Failure
from app.core.ids import new_id
from app.core.statements import prepare
from app.models import Login, Membership
from tests.support.databases import Databases

TABLE = Table("counters", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer))
TOTAL = select(func.count()).select_from(TABLE)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool=4)
    async with made.transaction() as connection:
        await connection.run_sync(TABLE.create)
        await connection.execute(insert(TABLE).values(id=1, n=0))
    yield made
    await made.close()


async def total(database: Database) -> int:
    return int((await database.fetch(prepare(TOTAL, database.dialect), {}))[0][0])


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///var/x.db", "sqlite+aiosqlite"),
        ("postgresql://someone@host/name", "postgresql+asyncpg"),
        ("postgresql+psycopg://someone@host/name", "postgresql+asyncpg"),
    ],
)
def test_the_asynchronous_driver_is_ours_to_choose(url: str, driver: str) -> None:
    assert async_url(url).drivername == driver


@pytest.mark.parametrize(
    "url",
    ["", "secret", "mysql://secret@host/x", "postgresql://u:p@host:secret/x", "oracle://secret"],
)
def test_another_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        async_url(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(TABLE).values(id=2, n=0))
    with suppress(ZeroDivisionError):
        async with database.transaction() as connection:
            await connection.execute(insert(TABLE).values(id=3, n=0))
            raise ZeroDivisionError
    assert await total(database) == 2


async def test_fifty_at_once_that_read_and_then_write_lose_no_update(database: Database) -> None:
    async def add_one() -> None:
        async with database.transaction() as connection:
            read = select(TABLE.c.n).where(TABLE.c.id == 1).with_for_update()
            before = (await connection.execute(read)).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(update(TABLE).where(TABLE.c.id == 1).values(n=before + 1))

    await asyncio.gather(*(add_one() for _ in range(50)))
    [row] = await database.fetch(prepare(select(TABLE.c.n), database.dialect), {})
    assert row[0] == 50


async def test_foreign_keys_hold(database: Database) -> None:
    nobodys = {
        "id": new_id(),
        "login_id": new_id(),
        "customer_id": new_id(),
        "permissions": (),
        "created_at": func.current_timestamp(),
    }
    with pytest.raises(IntegrityError):
        async with database.transaction() as connection:
            await connection.execute(insert(Membership).values(**nobodys))


async def test_a_snapshot_sees_one_moment_and_holds_no_writer_up(database: Database) -> None:
    async with database.snapshot() as reading:
        assert (await reading.execute(TOTAL)).scalar_one() == 1
        async with database.transaction() as writing:
            await writing.execute(insert(TABLE).values(id=2, n=0))
        assert (await reading.execute(TOTAL)).scalar_one() == 1
    async with database.snapshot() as reading:
        assert (await reading.execute(TOTAL)).scalar_one() == 2


async def test_whoever_takes_turns_waits_for_the_one_before(database: Database) -> None:
    order: list[str] = []

    async def take(name: str) -> None:
        async with database.transaction() as connection:
            await database.take_turns(connection, "a-job")
            order.append(f"{name} in")
            await asyncio.sleep(0.02)
            order.append(f"{name} out")

    await asyncio.gather(take("a"), take("b"))
    assert order in (
        ["a in", "a out", "b in", "b out"],
        ["b in", "b out", "a in", "a out"],
    )


async def test_of_many_that_insert_the_same_key_one_succeeds(database: Database) -> None:
    def login() -> dict[str, Any]:
        return {
            "id": new_id(),
            "email": "a@x.br",
            "email_key": "a@x.br",
            "name": "A",
            "status": "active",
            "created_at": func.current_timestamp(),
        }

    async def attempt() -> bool:
        async with database.transaction() as connection:
            return await insert_unless_there(connection, Login, login())

    outcomes = await asyncio.gather(*(attempt() for _ in range(6)))
    assert sorted(outcomes) == [False] * 5 + [True]


async def test_reads_outlive_the_loss_of_every_connection(databases: Databases) -> None:
    with databases.fresh("postgresql") as url:  # SQLite has no server that could end one
        database = Database(url, pool=4)
        one = prepare(select(literal(1)), database.dialect)
        await asyncio.gather(*(database.fetch(one, {}) for _ in range(6)))
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        found = await asyncio.gather(*(database.fetch(one, {}) for _ in range(6)))
        assert [[*row] for [row] in found] == [[1]] * 6
        await database.close()


async def test_more_readers_than_connections_wait_for_one(database: Database) -> None:
    assert await asyncio.gather(*(total(database) for _ in range(60))) == [1] * 60


async def test_a_reader_who_leaves_takes_no_connection_along(database: Database) -> None:
    for _ in range(20):
        leaving = asyncio.create_task(total(database))
        await asyncio.sleep(0)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
    assert await asyncio.gather(*(total(database) for _ in range(8))) == [1] * 8
    async with database.transaction() as connection:
        await connection.execute(insert(TABLE).values(id=2, n=0))
    assert await total(database) == 2


# Where a file cannot be opened, the driver's thread may end after the event loop did.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_database_that_is_not_there_is_said_to_be_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/folder/x.db", f"postgresql://x@/x?host={tmp_path}"):
        database = Database(url)
        with pytest.raises(Failure) as told:
            await database.fetch(prepare(select(1), database.dialect), {})
        assert (told.value.code, told.value.headers) == (
            "database_unavailable",
            {"Retry-After": "2"},
        )
        with pytest.raises(Failure) as told:
            async with database.transaction():
                pass
        assert told.value.code == "database_unavailable"
        await database.close()


async def test_a_table_that_is_missing_is_a_database_that_is_not_ready(
    database: Database,
) -> None:
    missing = select(Table("nowhere", MetaData(), Column("id", Integer)))
    with pytest.raises(Failure) as told:
        await database.fetch(prepare(missing, database.dialect), {})
    assert told.value.code == "database_unavailable"
    with pytest.raises(Failure) as told:
        async with database.transaction() as connection:
            await connection.execute(missing)
    assert told.value.code == "database_unavailable"
    assert await total(database) == 1


async def test_sqlite_keeps_what_was_answered_and_lets_readers_pass(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    async with database.transaction() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in pragmas
        }
    await database.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_the_usual_name_of_the_tls_setting_is_understood() -> None:
    url = async_url("postgresql://app@db.internal/service?sslmode=require")
    assert dict(url.query) == {"ssl": "require"}


async def test_of_two_that_wait_for_each_other_one_is_told_to_come_again(
    database: Database,
) -> None:
    if not database.is_postgresql:
        pytest.skip("writers take turns there")
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE twins (id int PRIMARY KEY, n int)"))
        await connection.execute(text("INSERT INTO twins VALUES (1, 0), (2, 0)"))
    both_hold_one = asyncio.Barrier(2)

    async def cross(*order: int) -> None:
        async with database.transaction() as connection:
            for place, identity in enumerate(order):
                await connection.execute(
                    text("UPDATE twins SET n = n + 1 WHERE id = :id"), {"id": identity}
                )
                if place == 0:
                    await both_hold_one.wait()

    ends = await asyncio.gather(cross(1, 2), cross(2, 1), return_exceptions=True)
    (failure,) = [end for end in ends if end is not None]
    assert isinstance(failure, Failure)
    assert failure.code == "database_unavailable"
