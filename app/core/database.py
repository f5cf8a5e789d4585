"""The database: one engine, transactions for writers, lone reads on the driver itself.

Lone reads skip SQLAlchemy's execution (it halves the hot read, see `house.md`): they run a
statement compiled at start-up on the driver's own connection, in autocommit.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import URL, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from app.core.errors import Failure
from app.core.statements import Prepared, Record

DRIVERS: Mapping[str, str] = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
DEFERRED = "salvaguarda_deferred"
LOST: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    sqlite3.OperationalError,
    ConnectionError,
    OSError,
    TimeoutError,
)
"""What a driver raises when the database is gone, shut, or too busy to answer."""


def async_url(url: str) -> URL:
    """The URL with the asynchronous driver of its database. Raises `ValueError` for any other."""
    parsed = make_url(url)
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise ValueError("DATABASE_URL must begin with sqlite:// or postgresql://")
    return parsed.set(drivername=driver)


def unavailable() -> Failure:
    """What callers are told while the database cannot be reached."""
    return Failure("database_unavailable", headers={"Retry-After": "2"})


class DriverLease:
    """A pooled connection used without SQLAlchemy. Ends in `release`, or `discard` if it broke."""

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self._connection = connection
        self.driver: Any = connection.driver_connection

    async def release(self) -> None:
        """Back to the pool."""
        await greenlet_spawn(self._connection.close)

    async def discard(self) -> None:
        """Close it for good; the pool makes another."""
        await greenlet_spawn(self._connection.invalidate)
        await greenlet_spawn(self._connection.close)


class Database:
    """An engine and the two ways to use it: `transaction` and `fetch`."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        self.url = async_url(url)
        self.engine = _engine(self.url, pool)
        self.dialect = self.engine.dialect

    @property
    def is_postgresql(self) -> bool:
        """Whether this is the distributed engine; otherwise it is the embedded one."""
        return self.dialect.name == "postgresql"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends well, undone when it does not.

        Raises `Failure("database_unavailable")` when the database went away.
        """
        async with self._translated(), self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise unavailable() from error
        except DBAPIError as error:
            if error.connection_invalidated or isinstance(_driver_error(error), LOST):
                raise unavailable() from error
            raise
        except LOST as error:
            raise unavailable() from error

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Many reads of one moment, which hold no writer up; raises as `transaction` does."""
        async with self._translated(), self.engine.connect() as connection:
            if self.is_postgresql:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                await connection.execution_options(**{DEFERRED: True})
            async with connection.begin():
                yield connection

    async def take_turns(self, connection: AsyncConnection, what: str) -> None:
        """Wait until no other transaction that takes turns at `what` is open, on any replica."""
        if self.is_postgresql:  # writers on SQLite take turns by nature
            turn = select(func.pg_advisory_xact_lock(func.hashtext(what)))
            await connection.execute(turn)

    async def fetch(self, statement: Prepared, values: Mapping[str, Any]) -> list[Record]:
        """The rows of a lone read. Tries once more on a fresh connection when one was lost.

        Raises `Failure("database_unavailable")` when that fails too.
        """
        arguments = statement.arguments(values)
        try:
            return statement.records(await self._run(statement.sql, arguments))
        except LOST:
            await self.engine.dispose()
        try:
            return statement.records(await self._run(statement.sql, arguments))
        except LOST as error:
            raise unavailable() from error

    async def lease(self) -> "DriverLease":
        """A connection of the driver itself, out of the engine's pool, in autocommit.

        Raises what the driver does, or `TimeoutError` when the pool stays empty.
        """
        try:
            return DriverLease(await self.engine.raw_connection())
        except (DBAPIError, PoolTimeout) as error:
            raise TimeoutError from error

    async def _run(self, sql: str, arguments: tuple[Any, ...]) -> list[Any]:
        lease = await self.lease()
        try:
            if self.is_postgresql:
                rows: list[Any] = await lease.driver.fetch(sql, *arguments)
            else:
                rows = list(await lease.driver.execute_fetchall(sql, arguments))
        except BaseException:
            await lease.discard()
            raise
        await lease.release()
        return rows

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _driver_error(error: DBAPIError) -> BaseException | None:
    """The driver's own exception beneath SQLAlchemy's two wrappers."""
    return error.orig.__cause__ if error.orig is not None else None


def _engine(url: URL, pool: int) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        return create_async_engine(
            url,
            pool_size=pool + 1,  # the audit log keeps one for itself
            max_overflow=0,
            pool_timeout=5,
            connect_args={"timeout": 5, "command_timeout": 30},
        )
    engine = create_async_engine(
        url,
        pool_size=min(pool, 4) + 1,
        max_overflow=0,
        pool_timeout=5,
        poolclass=AsyncAdaptedQueuePool,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin_immediate` does, once per writer.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",  # what was answered survives a power cut, as on PostgreSQL
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that reads before it writes loses updates or fails halfway.
    deferred = connection.get_execution_options().get(DEFERRED, False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


async def insert_unless_there(
    connection: AsyncConnection, model: type[DeclarativeBase], row: Mapping[str, Any]
) -> bool:
    """Insert a row unless a unique key of it is taken; whether it was inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = next(iter(model.__table__.primary_key))
    statement = insert(model).values(**row).on_conflict_do_nothing().returning(key)
    return (await connection.execute(statement)).first() is not None


async def wait_until_reachable(database: Database, seconds: float) -> bool:
    """Try a first connection for that long; for start-up, when the database starts beside us."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with database.transaction():
                return True
        except Failure:
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(0.5)
