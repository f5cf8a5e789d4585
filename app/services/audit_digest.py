"""The digest of a range of the audit log: every row of both its tables, in the order of ids.

A column that is added to the events makes a new version of the digest. Seals name theirs, and sign
it; those of before are recomputed from what they covered then.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.models import AuditEvent, AuditSubject, table_of

FIRST = UUID(int=0)
"""Where the log begins. A range begins behind its first id, but this one belongs to its own."""
BATCH = 2000
STRAY = 2
"""Values in the line of a list whose event is not there; those of events have more."""

NEWEST: Final = 2
VERSIONS: Final = frozenset(range(1, NEWEST + 1))
_SINCE: Final[Mapping[str, int]] = {"network": 2}
"""The version that first covered a column; all others were always covered."""


def covers(version: int, column: str) -> bool:
    """Whether seals of a version cover a column of the events."""
    return _SINCE.get(column, 1) <= version


async def digest_of(
    connection: AsyncConnection,
    first_id: UUID,
    last_id: UUID,
    previous: bytes,
    version: int = NEWEST,
) -> tuple[bytes, int]:
    """SHA-256 over the previous digest and the rows of the range, and how many events it has.

    `version` is one of `VERSIONS`.
    """
    columns = [column for column in table_of(AuditEvent).columns if covers(version, column.name)]
    whole = hashlib.sha256(previous)
    events = 0
    async for line in _lines(connection, columns, first_id, last_id):
        whole.update(orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z) + b"\n")
        events += len(line) > STRAY
    return whole.digest(), events


def within(
    ids: InstrumentedAttribute[UUID], first_id: UUID, last_id: UUID | None = None
) -> list[ColumnElement[bool]]:
    """The conditions for ids of a range, open-ended without `last_id`."""
    begin = ids >= first_id if first_id == FIRST else ids > first_id
    return [begin] if last_id is None else [begin, ids <= last_id]


async def _lines(
    connection: AsyncConnection, columns: Sequence[Column[Any]], first_id: UUID, last_id: UUID
) -> AsyncIterator[list[Any]]:
    """The columns of each event and the subjects of its list; or a stray list and its id alone."""
    while True:
        statement = (
            select(*columns)
            .where(*within(AuditEvent.id, first_id, last_id))
            .order_by(AuditEvent.id)
            .limit(BATCH)
        )
        batch = (await connection.execute(statement)).all()
        end = batch[-1].id if len(batch) == BATCH else last_id
        lines: dict[UUID, list[Any]] = {event.id: [*event, []] for event in batch}
        shown = (
            select(AuditSubject.event_id, AuditSubject.subject_id)
            .where(*within(AuditSubject.event_id, first_id, end))
            .order_by(AuditSubject.event_id, AuditSubject.subject_id)
        )
        for event_id, subject_id in await connection.execute(shown):
            lines.setdefault(event_id, [event_id, []])[-1].append(str(subject_id))
        for event_id in sorted(lines):
            yield lines[event_id]
        if end == last_id:
            return
        first_id = end
