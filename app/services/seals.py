"""Sealing the audit log: signed digests over ranges of events, chained, checkable by anybody.

Events are sealed a minute after they were made, in ranges of their ids (UUIDv7: ranges of time).
Whoever alters, removes or slips in a row of a sealed range breaks its digest; whoever replaces a
seal needs the signing key and every later seal.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import id_at
from app.models import AuditEvent, AuditSeal, AuditSubject
from app.services.platform import Platform

SETTLED = timedelta(seconds=60)
"""By then every event of a moment is written: no statement may take that long."""

GENESIS = bytes(32)
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found: `broken` is the number of the first seal that does not hold."""

    seals: int
    events: int
    unsealed: int
    broken: int | None
    reason: str | None


async def seal(platform: Platform) -> int:
    """Seal what has settled since the last seal; how many events. Replicas take turns."""
    async with platform.database.transaction() as connection:
        await platform.database.take_turns(connection, "audit-seal")
        last = await _last(connection)
        first_id = last.last_id if last else FIRST
        last_id = id_at(platform.clock() - SETTLED)
        if last_id <= first_id:  # the clock went back: nothing settles until it is past again
            return 0
        previous = last.digest if last else GENESIS
        digest, events = await _digest(connection, first_id, last_id, previous)
        if events == 0:
            return 0
        number = last.number + 1 if last else 1
        key = platform.keyring.signing_key()
        await connection.execute(
            insert(AuditSeal).values(
                number=number,
                sealed_at=platform.clock(),
                first_id=first_id,
                last_id=last_id,
                events=events,
                digest=digest,
                previous=previous,
                kid=key.kid,
                signature=key.private.sign(_statement(number, first_id, last_id, events, digest)),
            )
        )
        return events


async def verify(platform: Platform) -> Verification:
    """Recompute every seal from the events themselves, in one consistent view of the database."""
    async with platform.database.snapshot() as connection:
        previous, place, total = GENESIS, FIRST, 0
        seals = (await connection.execute(select(AuditSeal).order_by(AuditSeal.number))).all()
        for number, found in enumerate(seals, 1):
            digest, events = await _digest(connection, found.first_id, found.last_id, previous)
            reason = _fault(platform, found, number, place, previous, digest, events)
            if reason is not None:
                return Verification(len(seals), total, 0, found.number, reason)
            previous, place, total = digest, found.last_id, total + events
        _, unsealed = await _digest(connection, place, UUID(int=2**128 - 1), previous)
        return Verification(len(seals), total, unsealed, None, None)


def _fault(
    platform: Platform,
    found: Any,
    number: int,
    place: UUID,
    previous: bytes,
    digest: bytes,
    events: int,
) -> str | None:
    if found.number != number or found.first_id != place or found.previous != previous:
        return "a seal is missing or out of place"
    if found.events != events or found.digest != digest:
        return "events were altered, removed or slipped in"
    key = platform.keyring.verification_key(found.kid)
    statement = _statement(number, found.first_id, found.last_id, events, digest)
    if key is None or not key.public.verify(statement, found.signature):
        return "the signature does not hold, or its key is gone"
    return None


async def _digest(
    connection: AsyncConnection, first_id: UUID, last_id: UUID, previous: bytes
) -> tuple[bytes, int]:
    """SHA-256 over the previous digest and each event of the range, in the order of their ids."""
    whole = hashlib.sha256(previous)
    events = 0
    async for event, subjects in _events(connection, first_id, last_id):
        line = [*event, subjects]
        whole.update(orjson.dumps(line, default=_text, option=orjson.OPT_UTC_Z) + b"\n")
        events += 1
    return whole.digest(), events


async def _events(
    connection: AsyncConnection, first_id: UUID, last_id: UUID
) -> AsyncIterator[tuple[Any, list[str]]]:
    """The events of a range in batches, each with the subjects of its list."""
    after = first_id
    while True:
        statement = (
            select(*AuditEvent.__table__.columns)
            .where(AuditEvent.id > after, AuditEvent.id <= last_id)
            .order_by(AuditEvent.id)
            .limit(2000)
        )
        batch = (await connection.execute(statement)).all()
        if not batch:
            return
        subjects: dict[UUID, list[str]] = {}
        shown = (
            select(AuditSubject.event_id, AuditSubject.subject_id)
            .where(AuditSubject.event_id > after, AuditSubject.event_id <= batch[-1].id)
            .order_by(AuditSubject.event_id, AuditSubject.subject_id)
        )
        for event_id, subject_id in await connection.execute(shown):
            subjects.setdefault(event_id, []).append(str(subject_id))
        for event in batch:
            yield tuple(event), subjects.get(event.id, [])
        after = batch[-1].id


async def _last(connection: AsyncConnection) -> Any:
    statement = select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)
    return (await connection.execute(statement)).first()


def _statement(number: int, first_id: UUID, last_id: UUID, events: int, digest: bytes) -> bytes:
    """What is signed."""
    return b"|".join(
        [
            b"salvaguarda-audit-seal-1",
            str(number).encode(),
            first_id.bytes,
            last_id.bytes,
            str(events).encode(),
            digest,
        ]
    )


def _text(value: Any) -> str:
    return str(value)
