"""Third parties that data may go to, by the customer's express consent (promise P20)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base


class Recipient(Base):
    """One third party. `country` is ISO 3166-1 alpha-2; `safeguards` says what protects the data
    there (LGPD arts. 33 and 39), in the customer's words. A retired one receives nothing more."""

    __tablename__ = "recipients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(160), unique=True)
    tax_id: Mapped[str | None] = mapped_column(String(14))
    country: Mapped[str] = mapped_column(String(2))
    contact_email: Mapped[str] = mapped_column(String(254))
    safeguards: Mapped[str] = mapped_column(String(2000))
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("status IN ('active', 'retired')", name="status"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="retired"),
    )
