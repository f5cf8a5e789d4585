"""How a group of audit rows reaches the disk: one commit, on a connection kept for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Table

from app.core.database import LOST, Database
from app.core.driver_transactions import DriverTransaction
from app.core.readers import DriverLease
from app.core.statements import binders, processed
from app.models import AuditEvent, AuditSubject, table_of

SECONDS = 10.0
"""A group that takes longer is given up: whoever waits for it is told so."""

EVENTS = table_of(AuditEvent)
SUBJECTS = table_of(AuditSubject)
Rows = list[Sequence[Any]]
_in_order = itemgetter(*(column.name for column in EVENTS.columns))


class AuditSink:
    """Writes groups of rows. A lost connection is replaced once; a second loss is the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._event_binders = binders([each.type for each in EVENTS.columns], database.dialect)
        self._subject_binders = binders([each.type for each in SUBJECTS.columns], database.dialect)
        self._insert = (
            _PostgresInsert(database.dialect) if database.is_postgresql else _SqliteInsert()
        )
        self._lease: DriverLease | None = None
        self._one_at_a_time = asyncio.Lock()

    async def write(
        self, events: Sequence[Mapping[str, Any]], subjects: Sequence[tuple[UUID, UUID]]
    ) -> None:
        """All rows in one commit, or none. Raises whatever the driver did."""
        rows, shown = self._bound(events, subjects)
        await self._attempt(lambda driver: self._insert(driver, rows, shown))

    async def write_within(
        self,
        transaction: DriverTransaction,
        events: Sequence[Mapping[str, Any]],
        subjects: Sequence[tuple[UUID, UUID]],
    ) -> None:
        """All rows in somebody's transaction. Raises whatever the driver did."""
        await self._insert.within(transaction.driver, *self._bound(events, subjects))

    async def probe(self) -> None:
        """Prove that a row could be written, without writing one. Raises if it could not."""
        await self._attempt(self._insert.probe)

    async def close(self) -> None:
        """Close the connection: the pool that it came from may be gone."""
        async with self._one_at_a_time:
            if self._lease is not None:
                await self._lease.discard()
                self._lease = None

    def _bound(
        self, events: Sequence[Mapping[str, Any]], subjects: Sequence[tuple[UUID, UUID]]
    ) -> tuple[Rows, Rows]:
        rows = [processed(self._event_binders, _in_order(row)) for row in events]
        return rows, [processed(self._subject_binders, row) for row in subjects]

    async def _attempt(self, deed: Callable[[Any], Awaitable[None]]) -> None:
        async with self._one_at_a_time, asyncio.timeout(SECONDS):
            try:
                await self._on_connection(deed)
            except LOST:
                if not self._database.is_postgresql:  # a file is locked or full, never lost
                    raise
                await self._on_connection(deed)

    async def _on_connection(self, deed: Callable[[Any], Awaitable[None]]) -> None:
        if self._lease is None:
            self._lease = await self._database.lease()
        try:
            await deed(self._lease.driver)
        except BaseException:
            # Whatever state it is in, the next group starts on a fresh connection.
            broken, self._lease = self._lease, None
            await broken.discard()
            raise


class _PostgresInsert:
    """One statement for all rows: one round trip, and a transaction of its own outside of any."""

    def __init__(self, dialect: Dialect) -> None:
        events, places = _unnest(EVENTS, dialect, 1)
        subjects, _ = _unnest(SUBJECTS, dialect, places)
        self._events = f"INSERT INTO {EVENTS.name} {events}"
        self._both = f"WITH shown AS ({self._events}) INSERT INTO {SUBJECTS.name} {subjects}"

    async def __call__(self, driver: Any, rows: Rows, shown: Rows) -> None:
        await self.within(driver, rows, shown)

    async def within(self, driver: Any, rows: Rows, shown: Rows) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        if shown:
            columns += [list(column) for column in zip(*shown, strict=True)]
        await driver.execute(self._both if shown else self._events, *columns)

    async def probe(self, driver: Any) -> None:
        await driver.execute(self._both, *([] for _ in (*EVENTS.columns, *SUBJECTS.columns)))


class _SqliteInsert:
    """One transaction around two prepared statements."""

    def __init__(self) -> None:
        self._events, self._subjects = _insert(EVENTS), _insert(SUBJECTS)

    async def __call__(self, driver: Any, rows: Rows, shown: Rows) -> None:
        await driver.execute("BEGIN IMMEDIATE")
        await self.within(driver, rows, shown)
        await driver.execute("COMMIT")

    async def within(self, driver: Any, rows: Rows, shown: Rows) -> None:
        await driver.executemany(self._events, rows)
        if shown:
            await driver.executemany(self._subjects, shown)

    async def probe(self, driver: Any) -> None:
        await driver.execute("BEGIN IMMEDIATE")
        for table, insert in ((EVENTS, self._events), (SUBJECTS, self._subjects)):
            await driver.execute(f"{insert} WHERE FALSE", [None] * len(table.columns))
        await driver.execute("ROLLBACK")


def _insert(table: Table) -> str:
    """An INSERT of one row for SQLite; ``WHERE FALSE`` after it makes it one of no row."""
    places = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_names(table)}) SELECT {places}"


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _unnest(table: Table, dialect: Dialect, first: int) -> tuple[str, int]:
    """``(columns) SELECT * FROM unnest(arrays)``, and the number of the next parameter."""
    arrays = ", ".join(
        f"${place}::{column.type.compile(dialect)}[]"
        for place, column in enumerate(table.columns, first)
    )
    text = f"({_names(table)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names
    return text, first + len(table.columns)
