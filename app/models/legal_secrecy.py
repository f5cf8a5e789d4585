"""How long those named in a legal request may not be told of it: every order, and who gave it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base


class LegalSecrecyOrder(Base):
    """An entry about the secrecy of a request, append-only; `number` counts a request's, from 1.

    The last one that was ``ordered`` is in force, and stands in the request's own columns. What
    ends secrecy sooner (``shortened``, ``lifted``) is ``proposed`` first, and ordered by another
    person, whose entry names the proposal: the database itself wants both. `secrecy_until` is None
    where it was lifted, and where a request came without an end: then two years bind.
    """

    __tablename__ = "legal_secrecy_orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    entry: Mapped[str] = mapped_column(String(16))
    change: Mapped[str] = mapped_column(String(16))
    secrecy_basis: Mapped[str] = mapped_column(String(300))
    secrecy_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reference: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID] = mapped_column()
    proposal_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("legal_secrecy_orders.id"), unique=True
    )
    proposed_by: Mapped[UUID | None] = mapped_column()

    __table_args__ = (
        CheckConstraint("entry IN ('ordered', 'proposed')", name="entry"),
        CheckConstraint("change IN ('set', 'extended', 'shortened', 'lifted')", name="change"),
        CheckConstraint("actor_kind IN ('officer', 'staff')", name="actor"),
        CheckConstraint(
            "(change NOT IN ('extended', 'shortened') OR secrecy_until IS NOT NULL)"
            " AND (change <> 'lifted' OR secrecy_until IS NULL)",
            name="until",
        ),
        CheckConstraint(
            "entry <> 'proposed' OR change IN ('shortened', 'lifted')", name="proposal"
        ),
        CheckConstraint(
            "(entry = 'ordered' AND change IN ('shortened', 'lifted')) = (proposal_id IS NOT NULL)"
            " AND (proposal_id IS NULL) = (proposed_by IS NULL)"
            " AND (proposed_by IS NULL OR proposed_by <> actor_id)",
            name="four_eyes",
        ),
        UniqueConstraint("request_id", "number"),
    )
