"""Agencies whose officials may ask for customers' data: police, prosecution, courts (P6, P7)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, and_
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, key_text
from app.models.base import Base


class Agency(Base):
    """One agency, as staff found it in public sources.

    `jurisdiction` is ISO 3166 (``BR``, ``BR-SP``), `domains` are its official mail domains in
    ASCII, `callback_phone` (E.164) is where officers are asked after, and `phone_source` says where
    that is published. `kind_set_by`, `phone_set_by` and `domains_set_by` are who is behind them as
    they stand; `confirmed_by` is somebody else, who found the same in the public source. Nobody
    until then, and again after each change of one of the three: meanwhile it `counts` for nothing.
    """

    __tablename__ = "agencies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(key_text(160), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    jurisdiction: Mapped[str] = mapped_column(String(8))
    domains: Mapped[tuple[str, ...]] = mapped_column(Names)
    callback_phone: Mapped[str] = mapped_column(String(16))
    phone_source: Mapped[str] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    kind_set_by: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    phone_set_by: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    domains_set_by: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))

    __table_args__ = (
        CheckConstraint(
            "kind IN ('police', 'prosecution', 'court', 'data_protection', 'treasury',"
            " 'financial_intelligence', 'other')",
            name="kind",
        ),
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
        CheckConstraint("domains <> ''", name="domains"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
        CheckConstraint(
            "confirmed_by IS NULL OR (confirmed_by <> kind_set_by AND confirmed_by <> phone_set_by"
            " AND confirmed_by <> domains_set_by)",
            name="second_person",
        ),
    )

    @classmethod
    def counts(cls) -> ColumnElement[bool]:
        """Whether its officers may register, be vetted and act."""
        return and_(cls.status == "active", cls.confirmed_by.is_not(None))
