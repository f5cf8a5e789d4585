"""Changes of an e-mail address, from the wish to the day when it can no longer be undone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base


class EmailChange(Base):
    """One change: of a login's sign-in address, an account's contact address, or both."""

    __tablename__ = "email_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), index=True
    )
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    moves_login: Mapped[bool] = mapped_column(Boolean)
    moves_contact: Mapped[bool] = mapped_column(Boolean)
    old_email: Mapped[str] = mapped_column(String(254))
    new_email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
