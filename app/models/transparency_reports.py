"""What is published about authorities' requests: figures that stay as they were published."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_value, key_text
from app.models.base import Base


class TransparencyReport(Base):
    """The figures of one period (``2026``, ``2026-H1``), as everybody reads them.

    They hold no group of fewer than ten: see `services/transparency_groups.py`.
    """

    __tablename__ = "transparency_reports"

    period: Mapped[str] = mapped_column(key_text(8), primary_key=True)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    figures: Mapped[Any] = mapped_column(json_value())
