"""Sessions, and the refresh tokens that keep them going."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, key_text
from app.models.base import Base


class Session(Base):
    """One sign-in: of a login for one customer, of a staff member, or of an authority's officer.

    `device` and `network` are coarse on purpose; `proved_at` is when its holder last proved to be
    there (sign-in, step-up), `factors` by what they signed in.
    """

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), index=True
    )
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    staff_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("staff_members.id", ondelete="CASCADE"), index=True
    )
    officer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("officers.id", ondelete="CASCADE"), index=True
    )
    device: Mapped[str | None] = mapped_column(String(100))
    network: Mapped[str | None] = mapped_column(key_text(64), index=True)
    factors: Mapped[tuple[str, ...]] = mapped_column(Names, server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        CheckConstraint(
            "(kind = 'customer' AND login_id IS NOT NULL AND customer_id IS NOT NULL"
            " AND staff_id IS NULL AND officer_id IS NULL)"
            " OR (kind = 'staff' AND staff_id IS NOT NULL AND login_id IS NULL"
            " AND customer_id IS NULL AND officer_id IS NULL)"
            " OR (kind = 'authority' AND officer_id IS NOT NULL AND login_id IS NULL"
            " AND customer_id IS NULL AND staff_id IS NULL)",
            name="holder",
        ),
    )


class RefreshToken(Base):
    """A refresh token by its SHA-256. Once spent it stays, so that a second use is noticed."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
