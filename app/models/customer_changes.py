"""The history of a customer's record, field by field."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_value
from app.models.base import Base


class CustomerChange(Base):
    """One field of one customer, before and after, with who did it and from which session.

    `actor_name` is the name that a customer's login had then; staff are told by role alone.
    """

    __tablename__ = "customer_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    field: Mapped[str] = mapped_column(String(64))
    old_value: Mapped[Any] = mapped_column(json_value())
    new_value: Mapped[Any] = mapped_column(json_value())
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID | None] = mapped_column()
    actor_name: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(32))
    session_id: Mapped[UUID | None] = mapped_column()
    request_id: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index(None, "customer_id", "id"),)
