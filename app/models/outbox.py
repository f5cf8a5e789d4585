"""Messages that wait to leave, what became of those that left, and what many have in common."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, json_object, key_text
from app.models.base import Base


class OutboxMessage(Base):
    """One mail to one recipient.

    `due_at` is when somebody should look at it next (a lease's end while it is being sent), null
    once its fate is known. `sealed` holds what must not stand in clear (links), until then. `lease`
    is whose turn it is to send it. `code` and `reason` tell how the last attempt ended.

    `relies_on`, of a mail that only the customer's consent allows, is that consent's purpose; then
    `relies_on_recipient_id` is the third party that it is for, null for the agency itself, and
    `relies_on_fields` what it holds of the customer.
    """

    __tablename__ = "outbox_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(key_text(128), unique=True)
    batch: Mapped[str | None] = mapped_column(key_text(64))
    template: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    recipient: Mapped[str] = mapped_column(String(254))
    params: Mapped[dict[str, Any]] = mapped_column(json_object())
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("logins.id", ondelete="SET NULL"), index=True
    )
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="SET NULL"), index=True
    )
    staff_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("staff_members.id", ondelete="SET NULL")
    )
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    lease: Mapped[UUID | None] = mapped_column()
    code: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(String(32))
    relies_on: Mapped[str | None] = mapped_column(String(64))
    relies_on_recipient_id: Mapped[UUID | None] = mapped_column()
    relies_on_fields: Mapped[tuple[str, ...] | None] = mapped_column(Names)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'deferred', 'sent', 'bounced', 'abandoned',"
            " 'suppressed')",
            name="state",
        ),
        CheckConstraint(
            "(state IN ('queued', 'sending', 'deferred')) = (due_at IS NOT NULL)", name="due"
        ),
        CheckConstraint("due_at IS NOT NULL OR sealed IS NULL", name="sealed"),
        Index(
            "ix_outbox_messages_due_at",
            "due_at",
            "id",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(  # lone messages go first, and must be found in a crowd of batched ones
            "ix_outbox_messages_lone",
            "due_at",
            "id",
            postgresql_where=text("due_at IS NOT NULL AND batch IS NULL"),
            sqlite_where=text("due_at IS NOT NULL AND batch IS NULL"),
        ),
        Index(  # what waits on the ground of a consent, to be found when that ends
            "ix_outbox_messages_relies_on",
            "relies_on",
            "relies_on_recipient_id",
            postgresql_where=text("due_at IS NOT NULL AND relies_on IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL AND relies_on IS NOT NULL"),
        ),
        Index(None, "state", "settled_at"),
        Index(None, "batch", "state"),
    )


class OutboxBatch(Base):
    """What the messages to many have in common.

    `contents` holds, by language, the template's values that are the same for all. `recipients` are
    all who were ever told, those included whose messages are forgotten by now.
    """

    __tablename__ = "outbox_batches"

    batch: Mapped[str] = mapped_column(key_text(64), primary_key=True)
    template: Mapped[str] = mapped_column(String(64))
    contents: Mapped[dict[str, Any]] = mapped_column(json_object())
    recipients: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
