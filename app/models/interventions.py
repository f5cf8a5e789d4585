"""Passwords that the agency disabled, the report of it, and incidents that group many of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_object
from app.models.base import Base


class Incident(Base):
    """A security incident: what is known, whom it touches, how far it was dealt with.

    `form` holds the members of ANPD's communication (Res. CD/ANPD 15/2024) that people fill in.
    """

    __tablename__ = "incidents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str] = mapped_column(String(32))
    reason_text: Mapped[dict[str, Any]] = mapped_column(json_object())
    selection: Mapped[dict[str, Any]] = mapped_column(json_object())
    form: Mapped[dict[str, Any]] = mapped_column(json_object())
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    anpd_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subjects_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    supplement_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_until: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    confirmed_role: Mapped[str | None] = mapped_column(String(32))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expected: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint("status IN ('draft', 'running', 'done', 'cancelled')", name="status"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> created_by", name="two_people"),
    )


class IncidentTarget(Base):
    """A login that an incident touches, fixed when the incident was confirmed.

    `failure` is the name of the fault for which it could not be dealt with.
    """

    __tablename__ = "incident_targets"

    incident_id: Mapped[UUID] = mapped_column(
        ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    )
    login_id: Mapped[UUID] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index(None, "incident_id", "done_at", "failed_at", "login_id"),
        CheckConstraint("failed_at IS NULL OR done_at IS NULL", name="failed"),
        CheckConstraint("(failed_at IS NULL) = (failure IS NULL)", name="failure"),
    )


class Intervention(Base):
    """One login whose password was disabled, with the report that its owner gets."""

    __tablename__ = "interventions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[UUID] = mapped_column(ForeignKey("logins.id", ondelete="CASCADE"), index=True)
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    role: Mapped[str] = mapped_column(String(32))
    reason_code: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    report: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("incident_id", "login_id"),)
