"""The privacy policy's versions, how each came about, and who accepted which."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime
from app.models.base import Base


class Policy(Base):
    """One version, as it was announced: the database itself refuses to change or delete it.

    It is in force from `published_at` on, until the next one is; before that it can be withdrawn.
    The hashes are the SHA-256 (hex) of the texts in UTF-8.
    """

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    id: Mapped[UUID] = mapped_column(unique=True)
    requires_acceptance: Mapped[bool] = mapped_column(Boolean)
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hash_en: Mapped[str] = mapped_column(String(64))
    summary: Mapped[str] = mapped_column(Text)
    summary_en: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)

    # All that the watch over sessions asks of a version: it need not walk past the texts.
    __table_args__ = (
        Index(
            "ix_policies_in_force", "requires_acceptance", "withdrawn_at", "published_at", "version"
        ),
    )


class PolicyDraft(Base):
    """A version in the making: written, submitted, reviewed by somebody else, published.

    `authors` are the ids of all who wrote at it. Once published or discarded it stays as it is.
    """

    __tablename__ = "policy_drafts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    summary_en: Mapped[str] = mapped_column(Text)
    requires_acceptance: Mapped[bool] = mapped_column(Boolean)
    authors: Mapped[tuple[str, ...]] = mapped_column(Names)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    review_note: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_members.id"))
    version: Mapped[int | None] = mapped_column(ForeignKey("policies.version"), unique=True)

    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'submitted', 'approved', 'published', 'discarded')", name="status"
        ),
        CheckConstraint("(status = 'published') = (version IS NOT NULL)", name="version"),
        CheckConstraint(
            "status NOT IN ('approved', 'published') OR reviewed_by IS NOT NULL", name="two_people"
        ),
    )


class PolicyAcceptance(Base):
    """A login accepted a version, with the hash of what it read. Acceptance is not consent."""

    __tablename__ = "policy_acceptances"

    login_id: Mapped[UUID] = mapped_column(
        ForeignKey("logins.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(ForeignKey("policies.version"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    channel: Mapped[str] = mapped_column(String(16))
    network: Mapped[str | None] = mapped_column(String(64))
