"""What is frozen for an authority: who is held, and the sealed copies of what they had then."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base


class LegalHold(Base):
    """A customer held for one request of preservation (Lei 12.965/2014, arts. 13 § 2º, 15 § 2º).

    It lapses at `lapses_at` unless the authority showed before that it asked a court
    (`filing_number`); then it stands until the desk releases it.
    """

    __tablename__ = "legal_holds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filing_number: Mapped[str | None] = mapped_column(String(64))
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    filed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(16))
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    end_note: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint(
            "end_reason IN ('lapsed', 'released', 'withdrawn', 'refused')", name="end_reason"
        ),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        CheckConstraint("(filed_at IS NULL) = (filing_number IS NULL)", name="filed"),
        CheckConstraint("end_reason <> 'lapsed' OR filed_at IS NULL", name="lapsed"),
        Index(
            "ix_legal_holds_living",
            "request_id",
            "customer_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "request_id", "id"),
        Index(None, "customer_id", "ended_at"),
        Index(None, "lapses_at"),
    )


class HeldCopy(Base):
    """A row of a held customer's as it was when the hold was placed, sealed under its own id.

    It is the hold's that keeps it today: one that ends passes its copies on to another of the same
    matter (`services/legal_reach.py`), and `taken_at` stays what it was.
    """

    __tablename__ = "held_copies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("legal_holds.id"))
    resource: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[UUID] = mapped_column()
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "hold_id", "resource", "record_id", "id"),)
