"""The privacy policy's versions, and who accepted which."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base


class Policy(Base):
    """One published version. `hash` is the SHA-256 (hex) of the text in UTF-8."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)


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
