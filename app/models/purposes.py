"""The register of processing purposes (LGPD art. 37): every version that was ever published."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Names, UtcDateTime, json_object
from app.models.base import Base


class Purpose(Base):
    """One version of a purpose, as people were told it. Rows are only ever added.

    `title`, `text`, `retention` and `recipients` are by language. `fields` names fields of the
    visibility matrix (``customer.email``). `asked_of` says who is asked: ``account``,
    ``visitor``, ``recipient`` (an account, for each third party), or nobody.
    A yes to a version before `consent_kept_from` no longer counts; 0 also keeps what was said
    before there was a register. `hash` is the SHA-256 (hex) of all of it.
    """

    __tablename__ = "purposes"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    basis: Mapped[str] = mapped_column(String(32))
    article: Mapped[str] = mapped_column(String(64))
    withdrawable: Mapped[bool] = mapped_column(Boolean)
    asked_of: Mapped[tuple[str, ...]] = mapped_column(Names)
    consent_kept_from: Mapped[int] = mapped_column(Integer)
    title: Mapped[dict[str, Any]] = mapped_column(json_object())
    text: Mapped[dict[str, Any]] = mapped_column(json_object())
    categories: Mapped[tuple[str, ...]] = mapped_column(Names)
    fields: Mapped[tuple[str, ...]] = mapped_column(Names)
    retention: Mapped[dict[str, Any]] = mapped_column(json_object())
    recipients: Mapped[dict[str, Any]] = mapped_column(json_object())

    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(
            "basis IN ('consent', 'contract', 'legal_obligation', 'legitimate_interest')",
            name="basis",
        ),
    )
