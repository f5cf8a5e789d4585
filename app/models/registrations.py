"""Registrations, of customers and of officers, that wait for their e-mail to be confirmed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, key_text
from app.models.base import Base


class PendingRegistration(Base):
    """A form that waits: sealed whole, the password in it already hashed."""

    __tablename__ = "pending_registrations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    email_key: Mapped[str] = mapped_column(key_text(254), index=True)
    form: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (CheckConstraint("kind IN ('customer', 'officer')", name="kind"),)
