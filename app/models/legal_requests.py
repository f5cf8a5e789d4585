"""What authorities ask for: requests, whom they name, and every step they take (P6, P7)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, json_value, key_text
from app.models.base import Base

_APPROVED = "'collecting', 'second_check', 'packaged', 'delivered', 'acknowledged'"
_CHECKED = "'packaged', 'delivered', 'acknowledged'"


class LegalRequest(Base):
    """One request, as it was sent and as it stands.

    `items` are what is asked for, `targets` a list of declared identifiers, one object per person;
    `decisions` a list of ``{item, decision, article, reason}``, one per item, once somebody
    reviewed it. `findings` is a list of ``{code, …}``: what speaks against it. `officer_id` is who
    sent it, None for what came on paper or by mail: then `entered_by` is who typed it in.
    `legal_due_at` is the deadline: the law's, or the sender's own (`due_at`) where that is sooner;
    while the sender owes information, or an appeal is open, the clock stands (`clock_stopped_at`).
    `lapse_told_at` is when the sender was last told that the request will lapse. The database
    itself keeps reviewer, approvers and checker apart, and approvers and checker from who typed it
    in. `age_recipient` is the public key to encrypt the answer to, if one was given; else the
    passphrase of what came on paper or by mail goes to `answer_email`, an official address of the
    agency's. `documents_sha256` is the SHA-256 (hex) over its files and their verdicts.
    """

    __tablename__ = "legal_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(key_text(24), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    kind: Mapped[str] = mapped_column(String(32))
    basis: Mapped[str] = mapped_column(String(32))
    process_number: Mapped[str | None] = mapped_column(key_text(32))
    inquiry_number: Mapped[str | None] = mapped_column(String(64))
    issuing_body: Mapped[str] = mapped_column(String(200))
    signer_name: Mapped[str] = mapped_column(String(200))
    signer_tax_id: Mapped[str] = mapped_column(String(11))
    signer_office: Mapped[str] = mapped_column(String(16))
    motivation: Mapped[str] = mapped_column(Text)
    risk_statement: Mapped[str | None] = mapped_column(Text)
    items: Mapped[tuple[str, ...]] = mapped_column(Names)
    targets: Mapped[list[Any]] = mapped_column(json_value())
    period_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    period_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    period_zone: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    legal_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lapse_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    age_recipient: Mapped[str | None] = mapped_column(String(62))
    answer_email: Mapped[str | None] = mapped_column(String(254))
    secrecy_basis: Mapped[str | None] = mapped_column(String(300))
    secrecy_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    language: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(24))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    documents_sha256: Mapped[str | None] = mapped_column(String(64))
    findings: Mapped[list[Any]] = mapped_column(json_value())
    decisions: Mapped[list[Any]] = mapped_column(json_value())
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    approved_again_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("channel IN ('authority', 'paper', 'email')", name="channel"),
        CheckConstraint(
            "(channel = 'authority') = (officer_id IS NOT NULL)"
            " AND (channel = 'authority') = (entered_by IS NULL)",
            name="sender",
        ),
        CheckConstraint(
            "status IN ('draft', 'received', 'identity_check', 'information_requested',"
            " 'legal_review', 'narrowed', 'approval', 'collecting', 'second_check', 'packaged',"
            " 'delivered', 'acknowledged', 'closed', 'rejected', 'withdrawn', 'expired',"
            " 'appealed')",
            name="status",
        ),
        CheckConstraint(
            f"status NOT IN ({_APPROVED}) OR (reviewed_by IS NOT NULL AND approved_by IS NOT NULL)",
            name="approved",
        ),
        CheckConstraint(f"status NOT IN ({_CHECKED}) OR checked_by IS NOT NULL", name="checked"),
        CheckConstraint(
            "(approved_by IS NULL OR approved_by <> reviewed_by)"
            " AND (approved_again_by IS NULL OR (approved_again_by <> reviewed_by"
            " AND approved_again_by <> approved_by))"
            " AND (checked_by IS NULL OR (checked_by <> reviewed_by AND checked_by <> approved_by"
            " AND (approved_again_by IS NULL OR checked_by <> approved_again_by)))",
            name="four_eyes",
        ),
        CheckConstraint(
            "entered_by IS NULL OR ((approved_by IS NULL OR approved_by <> entered_by)"
            " AND (approved_again_by IS NULL OR approved_again_by <> entered_by)"
            " AND (checked_by IS NULL OR checked_by <> entered_by))",
            name="enterer",
        ),
        CheckConstraint("channel <> 'authority' OR answer_email IS NULL", name="answer_email"),
        CheckConstraint("(period_from IS NULL) = (period_to IS NULL)", name="period"),
        Index(None, "status", "legal_due_at", "id"),
        Index(None, "legal_due_at", "id"),
        Index(None, "agency_id", "id"),
        Index(None, "officer_id", "id"),
        Index(None, "process_number"),
    )


class LegalColleague(Base):
    """An officer of the same agency who acts for a request that another one sent."""

    __tablename__ = "legal_colleagues"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"), primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(
        ForeignKey("officers.id"), primary_key=True, index=True
    )
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LegalTarget(Base):
    """Which customer a named person is, if anybody: nothing that the sender is ever told.

    `position` is the person's place in the request's `targets`, from 0. A customer is ``matched``
    by two identifiers at least (`matched_by`), which all point to that one. Else the `outcome` is
    ``none`` (nobody has an identifier that finds people), ``partial`` (somebody has one, nobody
    two), ``ambiguous`` (several have two, or another one of the identifiers is somebody else's) or
    ``too_many``. `candidates` is a list of ``{customer_id, matched_by}``: everybody who has two;
    `candidate_count` is how many those are, of which too many are listed nowhere. `chosen_by` is
    who of the desk said, for `choice_reason`, which of them it is.
    """

    __tablename__ = "legal_targets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    position: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    matched_by: Mapped[tuple[str, ...]] = mapped_column(Names)
    matched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(16))
    candidate_count: Mapped[int] = mapped_column(Integer)
    candidates: Mapped[list[Any]] = mapped_column(json_value())
    chosen_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    choice_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint(
            "outcome IN ('matched', 'none', 'partial', 'ambiguous', 'too_many')", name="outcome"
        ),
        CheckConstraint(
            "customer_id IS NULL OR outcome = 'matched' OR chosen_by IS NOT NULL", name="found"
        ),
        CheckConstraint(
            "(chosen_by IS NULL) = (chosen_at IS NULL)"
            " AND (chosen_by IS NULL) = (choice_reason IS NULL)",
            name="chosen",
        ),
        UniqueConstraint("request_id", "position"),
    )


class LegalStep(Base):
    """A step of a request's life, append-only: who did what, and what they said.

    `message` is for the other side to read, `note` is the desk's own; `article` is the law that a
    reason rests on. `documents_sha256` is the request's at that moment: what files whoever did it
    had before them.
    """

    __tablename__ = "legal_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    deed: Mapped[str] = mapped_column(String(24))
    origin: Mapped[str] = mapped_column(String(24))
    to: Mapped[str] = mapped_column(String(24))
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID | None] = mapped_column()
    role: Mapped[str | None] = mapped_column(String(32))
    actor_name: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(String(32))
    article: Mapped[str | None] = mapped_column(String(200))
    message: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    documents_sha256: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index(None, "request_id", "id"),)
