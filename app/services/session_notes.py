"""When each session was last used: noted in memory as it is looked up, written down once a minute.

A hot read pays a dictionary's entry at most twice a second and session, and no statement. Whoever
is killed loses a minute of notes.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, update

from app.core.clock import Clock
from app.core.database import Database
from app.core.statements import bound
from app.core.telemetry import describe, logger
from app.models import Session, table_of

EVERY: Final = 60.0
"""Seconds between two writings."""
AT_ONCE: Final = 1000
"""Sessions in one transaction."""
MOST: Final = 50_000
"""Notes that are kept while the database is away."""

_TABLE = table_of(Session)
_AT = bound("at", _TABLE.c.last_used_at.type)
_NOTE = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bound("session", _TABLE.c.id.type),
        _TABLE.c.ended_at.is_(None),
        or_(_TABLE.c.last_used_at.is_(None), _TABLE.c.last_used_at < _AT),
    )
    .values(last_used_at=_AT)
)


class SessionNotes:
    """Gathers; writes every `every` seconds, as long as there is something to write."""

    def __init__(self, database: Database, clock: Clock, every: float = EVERY) -> None:
        self.every = every
        self._database = database
        self._clock = clock
        self._used: dict[UUID, datetime] = {}
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def used(self, session: UUID) -> None:
        """The session is being used just now."""
        if len(self._used) < MOST or session in self._used:
            self._used[session] = self._clock()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_on())

    async def flush(self) -> None:
        """Write down what was gathered. What cannot be written now waits for the next time."""
        waiting, self._used = self._used, {}
        sessions = sorted(waiting)
        try:
            while sessions:
                some, sessions = sessions[:AT_ONCE], sessions[AT_ONCE:]
                await self._write({session: waiting[session] for session in some})
                for session in some:
                    del waiting[session]
        except Exception as error:  # whatever it was, it must not end the notes for good
            logger.warning("session_notes_wait", **describe(error))
            self._used = {**waiting, **self._used}

    async def close(self) -> None:
        """Write down what is left, and stop."""
        self._closing.set()
        if self._writer is not None:
            await self._writer
        await self.flush()

    async def _write_on(self) -> None:
        while self._used and not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self.every)
            await self.flush()
        self._writer = None

    async def _write(self, used: dict[UUID, datetime]) -> None:
        # Rows that somebody else holds are passed over: who waits for one while holding others
        # may wait for somebody who waits for these.
        free = (
            select(_TABLE.c.id).where(_TABLE.c.id.in_(list(used))).with_for_update(skip_locked=True)
        )
        async with self._database.transaction() as connection:
            found = (await connection.execute(free)).scalars()
            if rows := [{"session": session, "at": used[session]} for session in found]:
                await connection.execute(_NOTE, rows)
