"""The consent ledger, and what follows from it: who said what to which words, and what stands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, json_object
from app.models.base import Base


class ConsentSubject(Base):
    """Whose consents are asked: an account, or a visitor's random id. The row is the queue in
    which writers wait: `events` is the number of the subject's last event."""

    __tablename__ = "consent_subjects"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    events: Mapped[int] = mapped_column(Integer)

    __table_args__ = (CheckConstraint("kind IN ('account', 'visitor')", name="kind"),)


class ConsentEvent(Base):
    """One statement of one subject about one purpose. Rows are only ever added.

    `sequence` counts the subject's events from 1 without a gap. `purpose_version` and
    `purpose_hash` name the very words that were seen; version 0, without a hash, stands for what
    was said before the register. `recipient_id` and `fields` limit a consent to a third party.
    `evidence` holds how it was said: a call's reference, a browser's signal.
    """

    __tablename__ = "consent_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("consent_subjects.id"))
    sequence: Mapped[int] = mapped_column(Integer)
    purpose: Mapped[str] = mapped_column(String(64))
    purpose_version: Mapped[int] = mapped_column(Integer)
    purpose_hash: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    recipient_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipients.id"))
    fields: Mapped[tuple[str, ...] | None] = mapped_column(Names)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    language: Mapped[str | None] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID | None] = mapped_column()
    role: Mapped[str | None] = mapped_column(String(32))
    session_id: Mapped[UUID | None] = mapped_column()
    network: Mapped[str | None] = mapped_column(String(64))
    evidence: Mapped[dict[str, Any]] = mapped_column(json_object())
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("subject_id", "sequence"),
        Index(None, "recipient_id"),
        CheckConstraint("sequence >= 1", name="sequence"),
        CheckConstraint("state IN ('granted', 'denied', 'withdrawn', 'expired')", name="state"),
        CheckConstraint("channel IN ('web', 'phone', 'import', 'api')", name="channel"),
        CheckConstraint("(purpose_version = 0) = (purpose_hash IS NULL)", name="words"),
    )


class ConsentState(Base):
    """What stands now, for one subject, purpose and recipient: its last event, and no more.

    `id` is that event's. `recipient_id` is the nil UUID where the agency itself is meant, so that
    it can be part of the key. Rebuilt from the ledger at any time (`services/consent_states.py`).
    """

    __tablename__ = "consent_states"

    subject_id: Mapped[UUID] = mapped_column(ForeignKey("consent_subjects.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(64), primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(ForeignKey("consent_events.id"), unique=True)
    purpose_version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    fields: Mapped[tuple[str, ...] | None] = mapped_column(Names)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    channel: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(None, "recipient_id", "purpose"),
        Index(None, "expires_at"),
        Index(  # the yeses that newer words of their purpose have ended, to be found in a crowd
            "ix_consent_states_granted",
            "purpose",
            "purpose_version",
            postgresql_where=text("state = 'granted'"),
            sqlite_where=text("state = 'granted'"),
        ),
    )
