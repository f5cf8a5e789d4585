"""Chains of custody find their seals; requests that lapse say so first; figures are published."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add what the desk's custody, deadlines and published figures keep."""
    op.create_table(
        "transparency_reports",
        sa.Column(
            "period",
            sa.String(length=8).with_variant(sa.String(length=8, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_transparency_reports")),
    )
    op.add_column(
        "legal_requests", sa.Column("lapse_told_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(op.f("ix_audit_seals_last_id"), "audit_seals", ["last_id"])


def downgrade() -> None:
    """Back to a desk that nobody reminds."""
    op.drop_index(op.f("ix_audit_seals_last_id"), "audit_seals")
    op.drop_column("legal_requests", "lapse_told_at")
    op.drop_table("transparency_reports")
