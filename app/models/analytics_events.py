"""What visitors do on the agency's sites, as far as they allow it to be measured."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base

_OF_A_CAMPAIGN = text("campaign IS NOT NULL")


class AnalyticsEvent(Base):
    """One thing that a visitor did. Rows are never changed but for two columns.

    `customer_id` is the account that it was joined to at a sign-in, by that account's consent.
    `campaign` is there while consent to marketing cookies stands, for six months at most. `day` is
    the day on which we heard of it, in America/Sao_Paulo: a day that is over gets no more rows.
    """

    __tablename__ = "analytics_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("consent_subjects.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(String(200))
    referrer: Mapped[str | None] = mapped_column(String(253))
    device: Mapped[str | None] = mapped_column(String(64))
    network: Mapped[str | None] = mapped_column(String(64))
    campaign: Mapped[str | None] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("kind IN ('page_view', 'link', 'form', 'download')", name="kind"),
        Index(None, "subject_id", "id"),
        Index(None, "customer_id", "id"),
        Index(None, "day"),
        Index(
            "ix_analytics_events_of_campaigns",
            "id",
            postgresql_where=_OF_A_CAMPAIGN,
            sqlite_where=_OF_A_CAMPAIGN,
        ),
    )
