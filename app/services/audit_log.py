"""The audit log's writer: durable before the answer leaves, and one commit for many requests.

Requests that wait for their rows at the same time share a commit: while one group is being
written the next one gathers. Changes write their rows inside their own transaction instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.clock import Clock
from app.core.database import DRIVER_ERRORS, Database
from app.core.driver_transactions import DriverTransaction
from app.core.errors import Failure
from app.core.gathering import Gathering
from app.core.ids import new_id
from app.core.telemetry import describe, logger
from app.core.transactions import Transaction
from app.models import AuditEvent, AuditSubject, table_of
from app.services.audit_sink import AuditSink

GROUP = 512
_PLACED = frozenset({"staff", "officer"})
"""Whose coarse network stands in their events."""
_Row = tuple[dict[str, Any], Sequence[UUID]]
"""An event, and the records that it showed."""
_SHOWN = tuple(column.name for column in table_of(AuditSubject).columns)
_EVENTS, _SUBJECTS = insert(table_of(AuditEvent)), insert(table_of(AuditSubject))


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be put on record. `fields` are names of the matrix; never values.

    `subjects` are the records that a list showed; a single one goes into `subject_id`.
    """

    action: str
    outcome: str = "allowed"
    subject_type: str | None = None
    subject_id: UUID | None = None
    fields: tuple[str, ...] = ()
    rows: int = 0
    subjects: Sequence[UUID] = ()


class AuditLog:
    """Writes events. `policy_hash` names the matrix that was in force."""

    def __init__(self, database: Database, policy_hash: str, clock: Clock) -> None:
        self._policy_hash = policy_hash
        self._clock = clock
        self._sink = AuditSink(database)
        self._gathering = Gathering(self._write_group, GROUP)

    async def write(self, actor: Actor, deed: Deed) -> None:
        """Return once the event is durable. Raises `Failure("audit_unavailable")`.

        Not for use inside a transaction: on SQLite the two writers would wait for each other.
        """
        await self._gathering.join((self._row(actor, deed), deed.subjects))

    async def add(self, connection: AsyncConnection, actor: Actor, *deeds: Deed) -> None:
        """Put events on record in the caller's transaction: they stand or fall with its changes.

        Raises `Failure("audit_unavailable")`, which must undo the transaction.
        """
        rows, shown = self._rows([(actor, deed) for deed in deeds])
        try:
            await connection.execute(_EVENTS, rows)
            if shown:
                subjects = [dict(zip(_SHOWN, each, strict=True)) for each in shown]
                await connection.execute(_SUBJECTS, subjects)
        except DBAPIError as error:
            raise audit_unavailable() from error

    async def add_driven(self, transaction: DriverTransaction, *deeds: tuple[Actor, Deed]) -> None:
        """As `add`, in a transaction on the driver: of several actors, if they share it."""
        rows, shown = self._rows(deeds)
        try:
            await self._sink.write_within(transaction, rows, shown)
        except DRIVER_ERRORS as error:
            raise audit_unavailable() from error

    async def add_to(self, transaction: Transaction, actor: Actor, deed: Deed) -> None:
        """One deed, in a transaction of either kind."""
        if isinstance(transaction, DriverTransaction):
            await self.add_driven(transaction, (actor, deed))
        else:
            await self.add(transaction, actor, deed)

    async def check(self) -> None:
        """Raise `Failure("audit_unavailable")` unless a row could be written now."""
        try:
            await self._sink.probe()
        except Exception as error:
            raise audit_unavailable() from error

    async def close(self) -> None:
        """Finish the rows that are waiting."""
        await self._gathering.close()
        await self._sink.close()

    async def _write_group(self, group: Sequence[_Row]) -> list[Exception | None]:
        shown = [(subject, row["id"]) for row, subjects in group for subject in subjects]
        try:
            await self._sink.write([row for row, _ in group], shown)
        except Exception as error:  # whatever it was, nothing may be revealed
            logger.error("audit_not_written", **describe(error))
            return [audit_unavailable() for _ in group]
        return [None for _ in group]

    def _rows(
        self, deeds: Sequence[tuple[Actor, Deed]]
    ) -> tuple[list[dict[str, Any]], list[tuple[UUID, UUID]]]:
        """Of both tables."""
        rows = [self._row(actor, deed) for actor, deed in deeds]
        shown = [
            (subject, row["id"])
            for row, (_, deed) in zip(rows, deeds, strict=True)
            for subject in deed.subjects
        ]
        return rows, shown

    def _row(self, actor: Actor, deed: Deed) -> dict[str, Any]:
        return {
            "id": new_id(),
            "at": self._clock(),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "role": None if actor.kind == "system" else actor.viewer.value,  # the operator has none
            "session_id": actor.session_id,
            "request_id": actor.request_id,
            "action": deed.action,
            "subject_type": deed.subject_type,
            "subject_id": deed.subject_id,
            "fields": deed.fields,
            "purpose": actor.purpose or None,
            "reason": actor.reason or None,
            "policy_hash": self._policy_hash,
            "rows": deed.rows,
            "outcome": deed.outcome,
            "network": actor.network if actor.kind in _PLACED else None,
        }


def audit_unavailable() -> Failure:
    """What callers are told while nothing can be put on record."""
    return Failure("audit_unavailable", headers={"Retry-After": "2"})
