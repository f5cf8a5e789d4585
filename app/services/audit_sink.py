"""How a group of audit rows reaches the disk: one commit, on a connection kept for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Dialect, Table

from app.core.database import LOST, Database, DriverLease
from app.models import AuditEvent, AuditSubject

SECONDS = 10.0
"""A group that takes longer is given up: whoever waits for it is told so."""

EVENTS = cast(Table, AuditEvent.__table__)
SUBJECTS = cast(Table, AuditSubject.__table__)
Rows = list[tuple[Any, ...]]


class AuditSink:
    """Writes groups of rows. A lost connection is replaced once; a second loss is the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bind_event = _binder(EVENTS, database.dialect)
        self._bind_subject = _binder(SUBJECTS, database.dialect)
        self._insert = (
            _PostgresInsert(database.dialect) if database.is_postgresql else _SqliteInsert()
        )
        self._lease: DriverLease | None = None
        self._one_at_a_time = asyncio.Lock()

    async def write(
        self, events: Sequence[Mapping[str, Any]], subjects: Sequence[tuple[UUID, UUID]]
    ) -> None:
        """All rows in one commit, or none. Raises whatever the driver did."""
        rows = [self._bind_event([row[column.name] for column in EVENTS.columns]) for row in events]
        shown = [self._bind_subject(row) for row in subjects]
        await self._attempt(lambda driver: self._insert(driver, rows, shown))

    async def probe(self) -> None:
        """Prove that a row could be written, without writing one. Raises if it could not."""
        await self._attempt(self._insert.probe)

    async def close(self) -> None:
        """Give the connection back."""
        async with self._one_at_a_time:
            if self._lease is not None:
                await self._lease.release()
                self._lease = None

    async def _attempt(self, deed: Callable[[Any], Awaitable[None]]) -> None:
        async with self._one_at_a_time:
            try:
                await self._on_connection(deed)
            except LOST:
                await self._on_connection(deed)

    async def _on_connection(self, deed: Callable[[Any], Awaitable[None]]) -> None:
        async with asyncio.timeout(SECONDS):
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
    """One statement for all rows: one transaction, one round trip."""

    def __init__(self, dialect: Dialect) -> None:
        events, places = _unnest(EVENTS, dialect, 1)
        subjects, _ = _unnest(SUBJECTS, dialect, places)
        self._events = f"INSERT INTO {EVENTS.name} {events}"
        self._both = f"WITH shown AS ({self._events}) INSERT INTO {SUBJECTS.name} {subjects}"

    async def __call__(self, driver: Any, rows: Rows, shown: Rows) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        if shown:
            columns += [list(column) for column in zip(*shown, strict=True)]
        await driver.execute(self._both if shown else self._events, *columns)

    async def probe(self, driver: Any) -> None:
        await driver.execute(self._events, *([] for _ in EVENTS.columns))


def _values(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"({names}) VALUES ({', '.join('?' for _ in table.columns)})"


class _SqliteInsert:
    """One transaction around two prepared statements."""

    _events = f"INSERT INTO {EVENTS.name} {_values(EVENTS)}"
    _subjects = f"INSERT INTO {SUBJECTS.name} {_values(SUBJECTS)}"

    async def __call__(self, driver: Any, rows: Rows, shown: Rows) -> None:
        await driver.execute("BEGIN IMMEDIATE")
        await driver.executemany(self._events, rows)
        if shown:
            await driver.executemany(self._subjects, shown)
        await driver.execute("COMMIT")

    async def probe(self, driver: Any) -> None:
        await driver.execute("BEGIN IMMEDIATE")
        await driver.execute("ROLLBACK")


def _unnest(table: Table, dialect: Dialect, first: int) -> tuple[str, int]:
    """``(columns) SELECT * FROM unnest(arrays)``, and the number of the next parameter."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    arrays = ", ".join(
        f"${place}::{column.type.compile(dialect)}[]"
        for place, column in enumerate(table.columns, first)
    )
    text = f"({names}) SELECT * FROM unnest({arrays})"  # noqa: S608 - names of our own columns
    return text, first + len(table.columns)


def _binder(table: Table, dialect: Dialect) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    processors = [
        column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns
    ]

    def bind(row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            processor(value) if processor is not None else value
            for processor, value in zip(processors, row, strict=True)
        )

    return bind
