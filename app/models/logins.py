"""Humans with a password, and the accounts that each of them may enter."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, key_text
from app.models.base import Base


class Login(Base):
    """A human who signs in to the customer area.

    `password_hash` is null when no password works; `reset_required_at` says since when an
    intervention keeps the login out until its one-time link was used.
    """

    __tablename__ = "logins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(key_text(254), unique=True)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), server_default="pt-BR")
    status: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(Text)
    credential_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    credential_flagged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reset_required_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
        Index(None, "last_login_at", "id"),
    )


class Membership(Base):
    """A login's place in a customer's account. The one who registered has permission ``owner``.

    It opens the account unless it is suspended, revoked, or past `expires_at`.
    """

    __tablename__ = "memberships"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[UUID] = mapped_column(ForeignKey("logins.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    permissions: Mapped[tuple[str, ...]] = mapped_column(Names)
    invited_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("login_id", "customer_id"),)
