"""The consent ledger: each statement becomes one event, in the subject's own gapless order.

The subject's row in `consent_subjects` is the queue: whoever counts it up holds it until their
transaction ends, so that events have one order and what stands is always the last of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.processing import OURSELVES
from app.core.errors import Failure, FieldError
from app.core.ids import new_id
from app.core.language import Language
from app.core.transactions import Transaction, run
from app.models import ConsentEvent, ConsentState, ConsentSubject
from app.services import consent_writes, purposes
from app.services.consent_hearing import State, hear
from app.services.consent_narrowing import Narrowing, Yes, narrowing
from app.services.consent_writes import EVENT, STATE
from app.services.platform import Platform

SubjectKind = Literal["account", "visitor"]
Channel = Literal["web", "phone", "import", "api"]

BEFORE_THE_REGISTER: Final = 0
"""The version of words that were not kept."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a subject says about one purpose.

    `version` is that of the words they saw; None takes the one in force (a refusal needs no
    reading), and the event's evidence says that nobody named it. `said_at` is None for now.
    `recipient_id` and `fields` go together: a third party, and what it may get.
    """

    subject_id: UUID
    purpose: str
    granted: bool
    channel: Channel
    subject_kind: SubjectKind = "account"
    version: int | None = None
    recipient_id: UUID | None = None
    fields: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    language: Language | None = None
    said_at: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of the ledger: about what, to which words, and what stood before (None: nothing).

    `narrowing` is what a yes to a third party takes back of the yes that stood before.
    """

    id: UUID
    subject_id: UUID
    purpose: str
    recipient_id: UUID | None
    sequence: int
    state: State
    before: State | None
    words: purposes.Words
    at: datetime
    narrowing: Narrowing | None = None


async def record(
    platform: Platform, transaction: Transaction, actor: Actor, statement: Statement
) -> Recorded:
    """Write the event and what stands from now on, in the caller's transaction.

    A no after a yes is a withdrawal. Raises `Failure` with ``unknown_purpose`` for one that is not
    in force, ``account_closed`` for a yes that would not count (a no always does),
    ``purpose_version_not_current`` for words that are no longer those in force,
    ``validation_failed`` for fields that the purpose does not cover.
    """
    subject = (statement.subject_id, statement.subject_kind)
    sequence = await _next(platform, transaction, *subject)
    at = statement.said_at or platform.clock()
    about = (statement.subject_id, statement.purpose, statement.recipient_id)
    heard = await hear(platform, transaction, *about, at)
    words, before = heard.words, heard.before
    if statement.granted and heard.closed_at is not None:
        raise Failure("account_closed")
    if statement.version not in (None, words.version):
        raise Failure("purpose_version_not_current")
    if not set(statement.fields or ()) <= set(words.fields):
        beyond = FieldError("/fields", "beyond_purpose")
        raise Failure("validation_failed", errors=[beyond])
    state: State = "granted" if statement.granted else "denied"
    if before == "granted" and not statement.granted:
        state = "withdrawn"
    event = _row(
        statement,
        state,
        sequence,
        at,
        purpose_version=words.version,
        purpose_hash=words.hash,
        actor_kind=actor.kind,
        actor_id=actor.id,
        role=actor.viewer if actor.kind == "staff" else None,
        session_id=actor.session_id,
        network=actor.network if actor.kind != "staff" else None,  # theirs says nothing of it
    )
    if statement.version is None:
        event["evidence"]["version_named"] = False
    await _write(platform, transaction, event)
    taken_back = None
    if statement.recipient_id is not None and (before, state) == ("granted", "granted"):
        taken_back = narrowing(heard.yes, Yes(statement.fields, statement.expires_at))
    return _recorded(event, before, words, taken_back)


async def record_first(
    connection: AsyncConnection,
    statements: Sequence[Statement],
    at: datetime,
    *,
    words: purposes.Words | None,
    actor_kind: str,
) -> None:
    """The very first statements of as many new accounts, in bulk: one each.

    `words` are those that they saw, None where nobody can say.
    """
    if not statements:
        return
    events = [
        _row(
            statement,
            "granted" if statement.granted else "denied",
            1,
            at,
            purpose_version=words.version if words else BEFORE_THE_REGISTER,
            purpose_hash=words.hash if words else None,
            actor_kind=actor_kind,
        )
        for statement in statements
    ]
    subjects = [
        {"id": statement.subject_id, "kind": statement.subject_kind, "events": 1}
        for statement in statements
    ]
    await connection.execute(insert(ConsentSubject), subjects)
    await connection.execute(insert(ConsentEvent), events)
    await connection.execute(insert(ConsentState), [state_of(event) for event in events])


async def lapse(
    platform: Platform, connection: AsyncConnection, actor: Actor, event_id: UUID
) -> Recorded | None:
    """Write that a yes has expired; None where it has not, or no longer stands.

    It does so when its time has passed, and when the words in force keep no yes to words as old as
    its own. The event names the words that the yes was given to.
    """
    of = select(ConsentEvent.subject_id).where(ConsentEvent.id == event_id)
    subject_id: UUID = (await connection.execute(of)).scalar_one()
    await lock(connection, subject_id)
    now = platform.clock()
    standing = (
        select(EVENT)
        .join(STATE, STATE.c.id == EVENT.c.id)
        .where(STATE.c.id == event_id, STATE.c.state == "granted")
    )
    given = (await connection.execute(standing)).mappings().first()
    why = None if given is None else await _ended(connection, given, now)
    if given is None or why is None:
        return None
    sequence = await _next(platform, connection, subject_id, "account")
    event = {
        **given,
        "id": new_id(),
        "sequence": sequence,
        "state": "expired",
        "expires_at": None,
        "channel": "api",
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "role": None,
        "session_id": None,
        "network": None,
        "evidence": {"granted_by": str(event_id), **why},
        "at": now,
    }
    await _write(platform, connection, event)
    words = await _words(connection, given["purpose"], given["purpose_version"], now)
    return _recorded(event, "granted", words)


async def _ended(
    connection: AsyncConnection, given: RowMapping, now: datetime
) -> dict[str, Any] | None:
    """What ended a yes, for its evidence; None where it still counts."""
    if given["expires_at"] is not None and given["expires_at"] <= now:
        return {"expired_at": given["expires_at"].isoformat()}
    for words in await purposes.counting(connection, now):
        if words.key == given["purpose"] and given["purpose_version"] < words.kept_from:
            return {"newer_version": words.version}
    return None


async def _words(
    connection: AsyncConnection, purpose: str, number: int, now: datetime
) -> purposes.Words:
    """The words of a version; where they were not kept, those in force: they are about the same."""
    if number != BEFORE_THE_REGISTER:
        return await purposes.version(connection, purpose, number)
    words = await purposes.in_force(connection, purpose, now)
    assert words is not None  # noqa: S101 - whatever is in the ledger was in force
    return words


async def lock(connection: AsyncConnection, subject_id: UUID) -> None:
    """Have whoever wants to say something for the subject wait until the transaction ends."""
    held = select(ConsentSubject.events).where(ConsentSubject.id == subject_id).with_for_update()
    await connection.execute(held)


async def _write(platform: Platform, transaction: Transaction, event: Mapping[str, Any]) -> None:
    """The event, the subject's newest, which decides what stands for its purpose and recipient."""
    dialect = platform.database.dialect
    await run(transaction, consent_writes.write_event(dialect), event)
    await run(transaction, consent_writes.let_stand(dialect), state_of(event))


def state_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What stands after an event, by column of `consent_states`."""
    return {column.name: event[column.name] for column in STATE.c} | {
        "recipient_id": event["recipient_id"] or OURSELVES
    }


async def _next(
    platform: Platform, transaction: Transaction, subject_id: UUID, kind: SubjectKind
) -> int:
    """The number of the subject's next event; others who want one wait until we are done."""
    row = {"id": subject_id, "kind": kind, "events": 1}
    counted = await run(transaction, consent_writes.count_up(platform.database.dialect), row)
    number: int = counted[0][0]
    return number


def _recorded(
    event: Mapping[str, Any],
    before: State | None,
    words: purposes.Words,
    taken_back: Narrowing | None = None,
) -> Recorded:
    shared = {
        name: event[name]
        for name in ("id", "subject_id", "purpose", "recipient_id", "sequence", "state", "at")
    }
    return Recorded(**shared, before=before, words=words, narrowing=taken_back)


def _row(
    statement: Statement, state: State, sequence: int, at: datetime, **known: Any
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subject_id": statement.subject_id,
        "sequence": sequence,
        "purpose": statement.purpose,
        "state": state,
        "recipient_id": statement.recipient_id,
        "fields": statement.fields,
        "expires_at": statement.expires_at if state == "granted" else None,
        "language": statement.language,
        "channel": statement.channel,
        "actor_id": None,
        "role": None,
        "session_id": None,
        "network": None,
        "evidence": dict(statement.evidence),
        "at": at,
        **known,
    }
