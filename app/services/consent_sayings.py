"""What is said about a purpose, and the event that it becomes: plain data, nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.access.actors import Actor
from app.access.processing import OURSELVES
from app.core.ids import new_id
from app.core.language import Language
from app.services.consent_narrowing import Narrowing
from app.services.purposes import Words

SubjectKind = Literal["account", "visitor"]
Channel = Literal["web", "phone", "import", "api"]
State = Literal["granted", "denied", "withdrawn", "expired"]
Key = tuple[UUID, str, UUID]
"""Subject, purpose and recipient: what something stands for."""


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
    words: Words
    at: datetime
    narrowing: Narrowing | None = None

    @classmethod
    def of(
        cls,
        event: Mapping[str, Any],
        before: State | None,
        words: Words,
        narrowing: Narrowing | None = None,
    ) -> "Recorded":
        """From the event's row."""
        shared = ("id", "subject_id", "purpose", "recipient_id", "sequence", "state", "at")
        known = {name: event[name] for name in shared}
        return cls(**known, before=before, words=words, narrowing=narrowing)


@dataclass(frozen=True, slots=True)
class Saying:
    """A statement, and who makes it."""

    actor: Actor
    statement: Statement


def key_of(statement: Statement) -> Key:
    """What it changes."""
    return statement.subject_id, statement.purpose, statement.recipient_id or OURSELVES


def event_of(
    saying: Saying, words: Words, before: State | None, sequence: int, at: datetime
) -> dict[str, Any]:
    """The event of a statement, after what stood before, by column of `consent_events`."""
    actor, statement = saying.actor, saying.statement
    state: State = "granted" if statement.granted else "denied"
    if before == "granted" and not statement.granted:
        state = "withdrawn"
    event = row_of(
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
    return event


def row_of(
    statement: Statement, state: State, sequence: int, at: datetime, **known: Any
) -> dict[str, Any]:
    """What any event has of its statement, with what is `known` of it besides."""
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
