"""The files of a legal request: the order, its detached signature, and what goes with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_object
from app.models.base import Base


class LegalDocument(Base):
    """One file, its content in `stored_files`, and what its verification said.

    A detached signature names the order that it signs (`order_id`); the newest of an order is the
    one that counts. `verdict`, `assurance`, `report` and `verified_at` are an order's: all empty
    until it is verified, and again when a newer signature comes. `report` is a `DocumentReport`
    as `as_record` gives it.
    """

    __tablename__ = "legal_documents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    kind: Mapped[str] = mapped_column(String(16))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("legal_documents.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_files.id"), unique=True)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_kind: Mapped[str] = mapped_column(String(16))
    uploaded_by: Mapped[UUID] = mapped_column()
    verdict: Mapped[str | None] = mapped_column(String(16))
    assurance: Mapped[str | None] = mapped_column(String(32))
    report: Mapped[dict[str, Any] | None] = mapped_column(json_object())
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("kind IN ('order', 'signature', 'annex')", name="kind"),
        CheckConstraint("(kind = 'signature') = (order_id IS NOT NULL)", name="order"),
        CheckConstraint("uploaded_by_kind IN ('officer', 'staff')", name="uploader"),
        CheckConstraint(
            "verdict IS NULL OR (kind = 'order'"
            " AND verdict IN ('accepted', 'rejected', 'malformed')"
            " AND assurance IS NOT NULL AND verified_at IS NOT NULL)",
            name="verdict",
        ),
        Index(None, "request_id", "id"),
        Index(None, "sha256"),
    )
