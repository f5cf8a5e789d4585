"""Questions, messages and requests for quotes; and the forms that some of them came by."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_object, json_value, key_text
from app.models.base import Base


class ContactRequest(Base):
    """What somebody wrote to the agency, and what became of it.

    `answers` is a list of ``{id, text, role, interim, answered_at}``, oldest first; `spam_signs`
    says what each sign weighed that was found. `due_at` is the law's deadline for a full answer,
    null for topics that have none. `kept_until` is when it is deleted. `customer_id` and `login_id`
    are of who asked while signed in; an address that a stranger typed is nobody's.
    """

    __tablename__ = "contact_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(key_text(16), unique=True)
    topic: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(key_text(254))
    mailbox_key: Mapped[str] = mapped_column(key_text(254))
    phone: Mapped[str | None] = mapped_column(String(16))
    company: Mapped[str | None] = mapped_column(String(150))
    subject: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="SET NULL"), index=True
    )
    login_id: Mapped[UUID | None] = mapped_column(ForeignKey("logins.id", ondelete="SET NULL"))
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    answers: Mapped[list[Any]] = mapped_column(json_value())
    spam_score: Mapped[int] = mapped_column(Integer)
    spam_signs: Mapped[dict[str, Any]] = mapped_column(json_object())
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str | None] = mapped_column(String(16))
    kept_until: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("topic IN ('privacy', 'contact', 'quote')", name="topic"),
        CheckConstraint(
            "status IN ('suspected_spam', 'open', 'answered', 'closed')", name="status"
        ),
        CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (closed_reason IS NULL)",
            name="closed",
        ),
        CheckConstraint("status <> 'answered' OR answered_at IS NOT NULL", name="answered"),
        CheckConstraint("topic <> 'privacy' OR status <> 'open' OR due_at IS NOT NULL", name="due"),
        Index(None, "topic", "status", "id"),
        Index(None, "status", "id"),
        Index(None, "email_key", "id"),
        Index(None, "mailbox_key", "acknowledged_at"),
        Index(None, "login_id", "id"),
        Index(None, "assigned_to", "id"),
        Index(None, "kept_until"),
        Index(  # what waits for a mail: few among many
            "ix_contact_requests_unacknowledged",
            "mailbox_key",
            postgresql_where=text("acknowledged_at IS NULL AND status = 'open'"),
            sqlite_where=text("acknowledged_at IS NULL AND status = 'open'"),
        ),
    )


class ContactForm(Base):
    """A form's token that was used, by its id: none is used twice. `origin` marks the network."""

    __tablename__ = "contact_forms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[bytes] = mapped_column(LargeBinary(16))
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (Index(None, "origin", "used_at"),)
