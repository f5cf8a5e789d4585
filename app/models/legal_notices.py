"""What customers are told of legal requests about them, and when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime
from app.models.base import Base


class LegalNotice(Base):
    """One customer's notice of one approval: what of theirs a request got, and what they are told.

    It says what it will say from the start: what is decided later of the request, or of other
    people in it, is nothing to this customer. `due_at` is when the worker looks at it next:
    ``held`` back until then for `reason`, or ``due``, with a `reason`
    where nobody can be told yet. It ends ``sent``, or ``waived`` for `reason`.
    """

    __tablename__ = "legal_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    reference: Mapped[str] = mapped_column(String(24))
    authority: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    article: Mapped[str] = mapped_column(String(200))
    items: Mapped[tuple[str, ...]] = mapped_column(Names)
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("state IN ('held', 'due', 'sent', 'waived')", name="state"),
        CheckConstraint("(state IN ('held', 'due')) = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("kind <> 'preservation'", name="disclosing"),
        UniqueConstraint("request_id", "customer_id", "approved_at"),
        Index(None, "due_at", "id"),
        Index(None, "customer_id", "id"),
    )
