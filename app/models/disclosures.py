"""What left for third parties: the ledger of disclosures (promise P20)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime
from app.models.base import Base


class Disclosure(Base):
    """One document about one customer, made for one third party. Rows are only ever added.

    `consent_event_id` is the yes that it rests on. `fields` are those of the matrix that it holds,
    `bytes` and `sha256` (hex) are those of the document, which itself is not kept. `message_id` is
    the mail that carries it, which the outbox keeps for as long as the entry, and `sent_to` the
    address that it is to: the third party's contact may be another one later. Null where no mail
    carries the document.
    """

    __tablename__ = "disclosures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipients.id"))
    consent_event_id: Mapped[UUID] = mapped_column(ForeignKey("consent_events.id"))
    purpose: Mapped[str] = mapped_column(String(64))
    fields: Mapped[tuple[str, ...]] = mapped_column(Names)
    bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID | None] = mapped_column()
    role: Mapped[str | None] = mapped_column(String(32))
    request_id: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[UUID | None] = mapped_column(index=True)
    sent_to: Mapped[str | None] = mapped_column(String(254))

    __table_args__ = (
        Index(None, "customer_id", "recipient_id", "id"),
        Index(None, "recipient_id", "id"),
        CheckConstraint("bytes > 0", name="bytes"),
    )
