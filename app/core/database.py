"""The database: one engine, transactions for writers, lone reads on the driver itself.

Lone reads skip SQLAlchemy's execution (it halves the hot read, see `house.md`): they run a
statement compiled at start-up on the driver's own connection, in autocommit.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson
from sqlalchemy import URL, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection

from app.core.driver_transactions import DriverTransaction, driver_transaction
from app.core.errors import Failure
from app.core.readers import DriverLease, Readers
from app.core.row_sets import RowSet
from app.core.statements import Prepared, Record
from app.core.uninterrupted import Uninterrupted

DRIVERS: Mapping[str, str] = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
DEFERRED = "salvaguarda_deferred"
PATIENCE = 5.0
"""Seconds that a caller waits for a free connection."""
LOCKED_SECONDS = 5.0
"""How long a writer waits for another one to finish with an embedded database."""
MOST_ON_A_FILE = 4
"""Connections that an embedded database is read and written on: more only wait for each other."""
LOST: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server hung up between two steps of one statement
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.UndefinedTableError,
    sqlite3.OperationalError,
    ConnectionError,
    OSError,
    TimeoutError,
)
"""What a driver raises when the database is gone, shut, too busy, not ours, or not migrated."""
GIVEN_UP = (*LOST, asyncpg.DeadlockDetectedError)
"""The same, and of two transactions that wait for each other the undone one: it may come again."""
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error)
"""Whatever a driver itself may say of a statement."""


def async_url(url: str) -> URL:
    """The URL with the asynchronous driver of its database. Raises `ValueError` for any other."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # their words would print a part of it, perhaps a password
        raise ValueError("DATABASE_URL is not a URL such as postgresql://user@host/name") from None
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise ValueError("DATABASE_URL must begin with sqlite:// or postgresql://")
    if "sslmode" in parsed.query:  # libpq's name; asyncpg's own is `ssl`, with the same values
        parsed = parsed.update_query_dict({"ssl": parsed.query["sslmode"]})
        parsed = parsed.difference_update_query(["sslmode"])
    return parsed.set(drivername=driver)


def unavailable() -> Failure:
    """What callers are told while the database cannot be reached."""
    return Failure("database_unavailable", headers={"Retry-After": "2"})


def means_unavailable(error: Exception) -> bool:
    """Whether SQLAlchemy or a driver says with this that the database cannot be worked with."""
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout, *GIVEN_UP)):
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    # The driver's own exception lies beneath SQLAlchemy's two wrappers.
    return error.connection_invalidated or isinstance(error.orig.__cause__, GIVEN_UP)


class Database:
    """An engine and the ways to use it: `transaction`, `fetch`, and `driven` for the hottest."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        self.url = async_url(url)
        if self.url.get_backend_name() == "sqlite":
            pool = min(pool, MOST_ON_A_FILE)
        reading = max(pool // 2, 1)
        # The audit log keeps one for itself.
        self.engine = _engine(self.url, reading + max(pool - reading, 1) + 1)
        self.dialect = self.engine.dialect
        self._readers = Readers(self.lease, reading, PATIENCE)
        self._uninterrupted = Uninterrupted()

    @property
    def is_postgresql(self) -> bool:
        """Whether this is the distributed engine; otherwise it is the embedded one."""
        return self.dialect.name == "postgresql"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends well, undone when it does not.

        Raises `Failure("database_unavailable")` when the database went away.
        """
        async with self._connected() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def driven(self, *, patience: float | None = None) -> AsyncIterator[DriverTransaction]:
        """As `transaction`, on the driver's own connection: for prepared statements alone.

        Raises what the driver does when others hold a row for longer than `patience` seconds.
        """
        async with self._translated():
            lease = await self.lease()
            async with driver_transaction(
                lease, postgresql=self.is_postgresql, patience=patience
            ) as transaction:
                yield transaction

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        connection = self.engine.connect()
        async with self._translated():
            await self._uninterrupted(connection.start(), lambda _: connection.close())
            try:
                yield connection
            finally:
                await self._uninterrupted(connection.close())

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except Exception as error:
            if means_unavailable(error):
                raise unavailable() from error
            raise

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Many reads of one moment, which hold no writer up; raises as `transaction` does."""
        async with self._connected() as connection:
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
        except TimeoutError as error:  # busy, not lost: trying again would make it busier
            raise unavailable() from error
        except LOST:
            await self._readers.forget()
            await self.engine.dispose()
        try:
            return statement.records(await self._run(statement.sql, arguments))
        except LOST as error:
            raise unavailable() from error

    async def fetch_each(
        self, statement: RowSet, rows: Sequence[Mapping[str, Any]]
    ) -> list[Record]:
        """As `fetch`, for several rows of values: what is found for each, together."""
        reads = (self.fetch(statement.prepared, values) for values in statement.calls(rows))
        return [record for found in await asyncio.gather(*reads) for record in found]

    async def lease(self) -> DriverLease:
        """A connection of the driver itself, out of the engine's pool, in autocommit.

        Raises what the driver does, or `TimeoutError` when the pool stays empty.
        """
        try:
            opening = self.engine.raw_connection()
            return DriverLease(await self._uninterrupted(opening, _give_back))
        except (DBAPIError, PoolTimeout, self.dialect.loaded_dbapi.Error) as error:
            # The last is what SQLAlchemy does not wrap here: a server that is starting up, say.
            raise TimeoutError from error

    async def _run(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        if self.is_postgresql:
            rows: list[Any] = await self._readers.run(lambda driver: driver.fetch(sql, *arguments))
            return rows
        return list(await self._readers.run(lambda driver: driver.execute_fetchall(sql, arguments)))

    async def close(self) -> None:
        """Close every connection."""
        await self._uninterrupted.close()
        await self._readers.close()
        await self.engine.dispose()


async def _give_back(connection: PoolProxiedConnection) -> None:
    await DriverLease(connection).release()


def _engine(url: URL, pool: int) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        return create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=PATIENCE,
            connect_args={"timeout": 5, "command_timeout": 30},
            hide_parameters=True,  # a driver's error must not print what was to be stored
            json_deserializer=orjson.loads,
        )
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=PATIENCE,
        poolclass=AsyncAdaptedQueuePool,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    event.listen(engine.sync_engine, "invalidate", _roll_back)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin_immediate` does, once per writer.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in (
            f"busy_timeout={round(LOCKED_SECONDS * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",  # what was answered survives a power cut, as on PostgreSQL
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
    except BaseException:  # two turn a file over to WAL at once, say: the pool forgets this one
        connection.close()
        raise
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that reads before it writes loses updates or fails halfway.
    deferred = connection.get_execution_options().get(DEFERRED, False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def _roll_back(connection: Any, _record: object, _error: object) -> None:
    # Closing alone keeps the lock for as long as a half-read statement lies about uncollected.
    with suppress(sqlite3.Error, ValueError):  # there is no transaction, or no connection
        cursor = connection.cursor()
        cursor.execute("ROLLBACK")
        cursor.close()


async def insert_unless_there(
    connection: AsyncConnection, model: type[DeclarativeBase], row: Mapping[str, Any]
) -> bool:
    """Insert a row unless a unique key of it is taken; whether it was inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = next(iter(model.__table__.primary_key))
    statement = insert(model).values(**row).on_conflict_do_nothing().returning(key)
    return (await connection.execute(statement)).first() is not None
