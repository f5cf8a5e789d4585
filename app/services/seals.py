"""Sealing the audit log: signed digests over ranges of events, chained, checkable by anybody.

Events are sealed five minutes after they were made, in ranges of their ids (UUIDv7: ranges of
time). Whoever alters, removes or slips in a row of a sealed range breaks its digest; whoever
replaces a seal needs the signing key and every later seal; whoever cuts the newest seals off is
told by the anchor, a file outside the database, or by a digest that an auditor noted down.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import id_at
from app.core.telemetry import logger
from app.models import AuditEvent, AuditSeal
from app.services.audit_digest import FIRST, NEWEST, VERSIONS, digest_of, within
from app.services.platform import Platform
from app.services.seal_anchor import FILE, AnchorError, SealAnchor, line_of, number_of

SETTLED = timedelta(minutes=5)
"""By then every event of a moment is written, and no replica makes ids of that moment any more.

Ids tell the time of the replica that made them, whose clock may be off by minutes (after a pause,
without NTP); one that came out older than a seal would break that seal for ever. No statement
takes that long either.
"""

GENESIS = bytes(32)


class Fault(NamedTuple):
    """Why a seal does not hold, or the log as a whole (`seal` is None)."""

    seal: int | None
    reason: str


class Noted(NamedTuple):
    """A seal's number and digest, as an auditor keeps them elsewhere."""

    number: int
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``NUMBER:DIGEST``, 64 hexadecimal digits. Raises ValueError for anything else."""
        number, _, digest = text.partition(":")
        noted = cls(int(number), bytes.fromhex(digest))
        if noted.number < 1 or len(noted.digest) != 32:
            raise ValueError("a seal's number, a colon, and its digest")
        return noted


class Newest(NamedTuple):
    """What an auditor notes down."""

    number: int
    digest: bytes
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found; everything holds when `broken` is empty."""

    seals: int
    events: int
    unsealed: int
    oldest_unsealed_at: datetime | None
    newest: Newest | None
    broken: tuple[Fault, ...]


async def seal(platform: Platform) -> int:
    """Seal what has settled since the last seal; how many events. Replicas take turns.

    Raises `AnchorError`, and seals nothing, while the newest seal anchored here is not in the
    database; `OSError` when the new one cannot be anchored (it stands all the same).
    """
    anchor = SealAnchor(platform.settings.keys_path)
    async with platform.database.transaction() as connection:
        await platform.database.take_turns(connection, "audit-seal")
        await _require_anchored(connection, anchor)
        made = await _make(platform, connection)
    if made is None:
        return 0
    await asyncio.to_thread(anchor.append, made)  # not before the commit: it might have failed
    return int(made["events"])


async def verify(platform: Platform, noted: Noted | None = None) -> Verification:
    """Recompute every seal from the events themselves, in one consistent view of the database.

    Goes on behind a seal that does not hold. Every anchored seal, and the one that was `noted`,
    must stand among them.
    """
    # Read before the view is taken, which then has at least what is anchored.
    anchored = await asyncio.to_thread(SealAnchor(platform.settings.keys_path).lines)
    async with platform.database.snapshot() as connection:
        seals = (await connection.execute(select(AuditSeal).order_by(AuditSeal.number))).all()
        faults: list[Fault] = []
        number, place, previous, total = 1, FIRST, GENESIS, 0
        for found in seals:
            version = found.version if found.version in VERSIONS else NEWEST
            digest, events = await digest_of(
                connection, found.first_id, found.last_id, previous, version
            )
            reason = (
                "a seal is missing or out of place"
                if (found.number, found.first_id, found.previous) != (number, place, previous)
                else _fault(platform, found, digest, events)
            )
            if reason is not None:
                faults.append(Fault(found.number, reason))
            number, place, previous = found.number + 1, found.last_id, found.digest
            total += events
        unsealed, oldest, early = await _unsealed(platform, connection, place)
    faults += _missed(seals, anchored, noted, {fault.seal for fault in faults})
    if early:
        faults.append(Fault(None, f"{early} unsealed events have ids of the future"))
    return Verification(
        seals=len(seals),
        events=total,
        unsealed=unsealed,
        oldest_unsealed_at=oldest,
        newest=Newest(*(getattr(seals[-1], name) for name in Newest._fields)) if seals else None,
        broken=tuple(faults),
    )


async def _make(platform: Platform, connection: AsyncConnection) -> dict[str, Any] | None:
    """Insert the next seal; its row, or None while there is nothing to seal."""
    statement = select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)
    last = (await connection.execute(statement)).first()
    first_id = last.last_id if last else FIRST
    earlier, _ = await _now(platform, connection)
    last_id = id_at(earlier - SETTLED)
    if last_id <= first_id:  # the clock went back: nothing settles until it is past again
        return None
    previous = last.digest if last else GENESIS
    digest, events = await digest_of(connection, first_id, last_id, previous, NEWEST)
    if events == 0:
        return None
    number = last.number + 1 if last else 1
    key = platform.keyring.signing_key()
    row = {
        "number": number,
        "sealed_at": platform.clock(),
        "first_id": first_id,
        "last_id": last_id,
        "events": events,
        "digest": digest,
        "previous": previous,
        "kid": key.kid,
        "signature": key.private.sign(
            _statement(NEWEST, number, first_id, last_id, events, digest)
        ),
        "version": NEWEST,
    }
    await connection.execute(insert(AuditSeal).values(**row))
    return row


async def _require_anchored(connection: AsyncConnection, anchor: SealAnchor) -> None:
    newest = await asyncio.to_thread(anchor.newest)
    if newest is None:
        return
    number, line = newest
    statement = select(AuditSeal).where(AuditSeal.number == number)
    found = (await connection.execute(statement)).first()
    if found is None or line_of(found._asdict()) != line:
        # A new seal would make the cut-off chain look whole.
        logger.error("audit_seal_refused", anchored_seal=number, missing=found is None)
        state = "is missing from the database" if found is None else "differs in the database"
        raise AnchorError(f"nothing is sealed: seal {number} of {anchor.path} {state}")


def _fault(platform: Platform, found: Any, digest: bytes, events: int) -> str | None:
    if found.version not in VERSIONS:
        return "sealed by a newer release, or altered"
    if found.events != events or found.digest != digest:
        return "events were altered, removed or slipped in"
    key = platform.keyring.sealing_key(found.kid)
    statement = _statement(
        found.version, found.number, found.first_id, found.last_id, events, digest
    )
    if key is None or not key.verify(statement, found.signature):
        return "the signature does not hold, or its key is gone"
    return None


def _missed(
    seals: Sequence[Any], anchored: list[str], noted: Noted | None, told: set[int | None]
) -> list[Fault]:
    """What is remembered outside the database and does not stand in it; `told` are left out."""
    table = {found.number: found for found in seals}
    faults: list[Fault] = []
    for place, line in enumerate(anchored, 1):
        number = number_of(line)
        if number is None:
            faults.append(Fault(None, f"line {place} of {FILE} is damaged"))
        elif number not in table:
            faults.append(Fault(number, f"missing, though {FILE} has it"))
        elif number not in told and line_of(table[number]._asdict()) != line:
            faults.append(Fault(number, f"not the seal that {FILE} has"))
    if noted is not None and noted.number not in table:
        faults.append(Fault(noted.number, "missing, though it was expected"))
    elif noted is not None and table[noted.number].digest != noted.digest:
        faults.append(Fault(noted.number, "not the digest that was expected"))
    return faults


async def _unsealed(
    platform: Platform, connection: AsyncConnection, place: UUID
) -> tuple[int, datetime | None, int]:
    """How many events lie behind `place`, the oldest one's time, how many have impossible ids."""
    _, later = await _now(platform, connection)
    early = func.count().filter(AuditEvent.id > id_at(later + SETTLED))
    statement = select(func.count(), func.min(AuditEvent.at), early)
    found = (await connection.execute(statement.where(*within(AuditEvent.id, place)))).one()
    return found[0], found[1], found[2]


async def _now(platform: Platform, connection: AsyncConnection) -> tuple[datetime, datetime]:
    """Our clock and the database's, the earlier one first. SQLite has none but ours."""
    ours = platform.clock()
    if not platform.database.is_postgresql:
        return ours, ours
    theirs: datetime = (await connection.execute(select(func.now()))).scalar_one()
    return min(ours, theirs), max(ours, theirs)


def _statement(
    version: int, number: int, first_id: UUID, last_id: UUID, events: int, digest: bytes
) -> bytes:
    """What is signed."""
    return b"|".join(
        [
            f"salvaguarda-audit-seal-{version}".encode(),
            str(number).encode(),
            first_id.bytes,
            last_id.bytes,
            str(events).encode(),
            digest,
        ]
    )
