"""The officials who sign in at the door of authorities, each of one agency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_value, key_text
from app.models.base import Base


class Officer(Base):
    """A human of an agency, who reads the mail of its domain. A second factor stands beside.

    ``confirmed`` waits for the call-back, ``active`` was called back and is so until `valid_until`.
    `vettings` is a list of ``{at, by, phone, answered_by, note, outcome}``, oldest first;
    `vetted_at` and `vetted_by` are of the one that the officer's rights rest on. A registration
    whose mailbox nobody has confirmed is no officer yet: it waits in ``pending_registrations``.
    """

    __tablename__ = "officers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    name: Mapped[str] = mapped_column(String(150))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(key_text(254), unique=True)
    tax_id: Mapped[str] = mapped_column(String(11))
    office: Mapped[str] = mapped_column(String(16))
    registration_number: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email_confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    vettings: Mapped[list[Any]] = mapped_column(json_value())
    vetted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    vetted_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_reason: Mapped[str | None] = mapped_column(String(500))
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint(
            "office IN ('police_chief', 'prosecutor', 'judge', 'clerk', 'authority')",
            name="office",
        ),
        CheckConstraint("status IN ('confirmed', 'active', 'suspended', 'expired')", name="status"),
        CheckConstraint(
            "status NOT IN ('active', 'expired') OR (vetted_at IS NOT NULL"
            " AND vetted_by IS NOT NULL AND valid_until IS NOT NULL)",
            name="vetted",
        ),
        CheckConstraint(
            "(status = 'suspended') = (suspended_at IS NOT NULL)"
            " AND (suspended_at IS NULL) = (suspended_reason IS NULL)",
            name="suspended",
        ),
        Index(None, "agency_id", "id"),
        Index(None, "status", "valid_until"),
    )
