"""The digest of a range of the audit log: every row of both its tables, in the order of ids."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.models import AuditEvent, AuditSubject

FIRST = UUID(int=0)
"""Where the log begins. A range begins behind its first id, but this one belongs to its own."""
BATCH = 2000
STRAY = 2
"""Values in the line of a list whose event is not there; those of events have more."""


async def digest_of(
    connection: AsyncConnection, first_id: UUID, last_id: UUID, previous: bytes
) -> tuple[bytes, int]:
    """SHA-256 over the previous digest and the rows of the range, and how many events it has."""
    whole = hashlib.sha256(previous)
    events = 0
    async for line in _lines(connection, first_id, last_id):
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
    connection: AsyncConnection, first_id: UUID, last_id: UUID
) -> AsyncIterator[list[Any]]:
    """The columns of each event and the subjects of its list; or a stray list and its id alone."""
    while True:
        statement = (
            select(*AuditEvent.__table__.columns)
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
