"""What a holder (login, staff member or officer) shows beside the password (NIST SP 800-63B)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime
from app.models.base import Base

ONE_HOLDER = (
    "CASE WHEN login_id IS NULL THEN 0 ELSE 1 END + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN officer_id IS NULL THEN 0 ELSE 1 END = 1"
)


class Authenticator(Base):
    """A TOTP generator or a passkey. One that is not confirmed yet opens nothing.

    `secret` (TOTP) is sealed, bound to the holder's id; `last_step` is the step of the last code
    that was accepted. A passkey has `credential_id`, `public_key` (COSE) and `sign_count`, and
    `transports`, the ways in which browsers reach it.
    """

    __tablename__ = "authenticators"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), index=True
    )
    staff_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("staff_members.id", ondelete="CASCADE"), index=True
    )
    officer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("officers.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sign_count: Mapped[int | None] = mapped_column(BigInteger)
    transports: Mapped[tuple[str, ...]] = mapped_column(Names, server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint(ONE_HOLDER, name="holder"),
        CheckConstraint(
            "(kind = 'totp' AND secret IS NOT NULL AND credential_id IS NULL)"
            " OR (kind = 'passkey' AND credential_id IS NOT NULL AND public_key IS NOT NULL"
            " AND sign_count IS NOT NULL AND secret IS NULL)",
            name="kind",
        ),
    )


class RecoveryCode(Base):
    """One of a holder's recovery codes, by its keyed digest. Used once."""

    __tablename__ = "recovery_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), index=True
    )
    staff_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("staff_members.id", ondelete="CASCADE"), index=True
    )
    officer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("officers.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint(ONE_HOLDER, name="holder"),)


class Challenge(Base):
    """A WebAuthn challenge that waits for its answer, once; the challenge itself is no secret.

    Nobody's until it is answered when it is for signing in: the passkey says who it is.
    """

    __tablename__ = "challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))
    challenge: Mapped[bytes] = mapped_column(LargeBinary(64))
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), index=True
    )
    staff_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("staff_members.id", ondelete="CASCADE"), index=True
    )
    officer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("officers.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
