"""What visitors do, as far as they allow it to be measured."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OF_A_CAMPAIGN = sa.text("campaign IS NOT NULL")


def upgrade() -> None:
    """Add the table; there was nothing like it."""
    op.create_table(
        "analytics_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("referrer", sa.String(length=253), nullable=True),
        sa.Column("device", sa.String(length=64), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=True),
        sa.Column("campaign", sa.String(length=100), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('page_view', 'link', 'form', 'download')",
            name=op.f("ck_analytics_events_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_analytics_events_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"],
            ["consent_subjects.id"],
            name=op.f("fk_analytics_events_subject_id_consent_subjects"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analytics_events")),
    )
    op.create_index(
        op.f("ix_analytics_events_subject_id_id"), "analytics_events", ["subject_id", "id"]
    )
    op.create_index(
        op.f("ix_analytics_events_customer_id_id"), "analytics_events", ["customer_id", "id"]
    )
    op.create_index(op.f("ix_analytics_events_day"), "analytics_events", ["day"])
    op.create_index(
        "ix_analytics_events_of_campaigns",
        "analytics_events",
        ["id"],
        postgresql_where=OF_A_CAMPAIGN,
        sqlite_where=OF_A_CAMPAIGN,
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("analytics_events")
