"""What customers are told of legal requests about them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the notices."""
    op.create_table(
        "legal_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=24), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_legal_notices_sent")
        ),
        sa.CheckConstraint(
            "(state IN ('held', 'due')) = (due_at IS NOT NULL)", name=op.f("ck_legal_notices_due")
        ),
        sa.CheckConstraint("kind <> 'preservation'", name=op.f("ck_legal_notices_disclosing")),
        sa.CheckConstraint(
            "state IN ('held', 'due', 'sent', 'waived')", name=op.f("ck_legal_notices_state")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_legal_notices_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_notices_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_notices")),
        sa.UniqueConstraint(
            "request_id",
            "customer_id",
            "approved_at",
            name=op.f("uq_legal_notices_request_id_customer_id_approved_at"),
        ),
    )
    with op.batch_alter_table("legal_notices", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_legal_notices_customer_id_id"), ["customer_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_legal_notices_due_at_id"), ["due_at", "id"], unique=False
        )


def downgrade() -> None:
    """Back to a service that tells nobody."""
    op.drop_table("legal_notices")
