"""The audit log. The database itself refuses to change or delete its rows (triggers)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime
from app.models.base import Base


class AuditEvent(Base):
    """Who did what to whom, when and why: names of fields, never their values.

    `network` is from where, coarsely (/24, or /48 of IPv6), of staff and officers alone: they
    answer for what they touch. This log is kept for ever; from where customers came is not.
    """

    __tablename__ = "audit_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID | None] = mapped_column()
    role: Mapped[str | None] = mapped_column(String(32))
    session_id: Mapped[UUID | None] = mapped_column()
    request_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str | None] = mapped_column(String(32))
    subject_id: Mapped[UUID | None] = mapped_column()
    fields: Mapped[tuple[str, ...]] = mapped_column(Names)
    purpose: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    policy_hash: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(16))
    network: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index(None, "subject_id", "id"), Index(None, "actor_id", "id"))


class AuditSubject(Base):
    """One of the many subjects of an event that showed a list.

    There is no foreign key on purpose: both rows come from one statement, neither is ever
    deleted, and the check would cost fifty look-ups for a page of fifty.
    """

    __tablename__ = "audit_subjects"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class AuditSeal(Base):
    """A signed digest over all events whose ids lie in (`first_id`, `last_id`].

    The first seal's range has its `first_id` too. `digest` covers the events and the previous
    seal's digest, so that the seals form a chain. `version` says which columns of an event it
    covers: `services/audit_digest.py`. Whoever seals says so; a release that knew of one way only
    left it out.
    """

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_id: Mapped[UUID] = mapped_column()
    last_id: Mapped[UUID] = mapped_column()
    events: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    kid: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))

    __table_args__ = (Index(None, "last_id"),)
