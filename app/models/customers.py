"""The account of a customer: a person or a company. It holds no secret (see `logins.py`)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_object, key_text
from app.models.base import Base


class Customer(Base):
    """One account. Columns ending in ``_key`` are the folded forms that filters and sorts use."""

    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(key_text(200))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(key_text(254))
    pending_email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(key_text(16))
    tax_id: Mapped[str | None] = mapped_column(key_text(14))
    street: Mapped[str | None] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(20))
    complement: Mapped[str | None] = mapped_column(String(100))
    district: Mapped[str | None] = mapped_column(String(100))
    city: Mapped[str | None] = mapped_column(String(100))
    city_key: Mapped[str] = mapped_column(key_text(100))
    state: Mapped[str | None] = mapped_column(key_text(2))
    postal_code: Mapped[str | None] = mapped_column(String(8))
    preferences: Mapped[dict[str, Any]] = mapped_column(json_object())
    attention_note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("kind IN ('person', 'company')", name="kind"),
        CheckConstraint("status IN ('active', 'suspended', 'closed', 'erased')", name="status"),
        CheckConstraint(
            "(status IN ('closed', 'erased')) = (closed_at IS NOT NULL)", name="closed_at"
        ),
        Index(None, "created_at", "id"),
        Index(None, "name_key", "id"),
        Index(None, "city_key", "created_at", "id"),
        Index(None, "city_key", "name_key", "id"),
        Index(None, "state", "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "email_key"),
        Index(None, "phone"),
        Index(None, "tax_id"),
    )


class CustomerWord(Base):
    """A word of a customer's name, folded: the index of the search by word prefix."""

    __tablename__ = "customer_words"

    word: Mapped[str] = mapped_column(key_text(200), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class LegacyCustomer(Base):
    """Which customer came from which row of the system that this one replaced."""

    __tablename__ = "legacy_customers"

    legacy_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
