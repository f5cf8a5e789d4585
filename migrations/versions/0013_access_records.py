"""The service's own access records, kept for six months (Marco Civil art. 15)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EVENTS = (
    "'registration', 'sign_in', 'token_refresh', 'step_up', 'sign_out', 'session_ended', "
    "'password_changed', 'email_changed'"
)


def upgrade() -> None:
    """Add the table. What was done before is not known: addresses were kept coarse."""
    op.create_table(
        "access_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("login_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("ip", sa.LargeBinary(), nullable=True),
        sa.Column("source_port", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"event IN ({EVENTS})", name=op.f("ck_access_records_event")),
        sa.CheckConstraint(
            "source_port BETWEEN 1 AND 65535", name=op.f("ck_access_records_source_port")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_records")),
    )
    op.create_index(
        op.f("ix_access_records_customer_id_id"), "access_records", ["customer_id", "id"]
    )
    op.create_index(op.f("ix_access_records_login_id_id"), "access_records", ["login_id", "id"])


def downgrade() -> None:
    """Drop the table, and with it what the law wants kept."""
    op.drop_table("access_records")
