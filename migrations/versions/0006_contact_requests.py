"""Contact requests: what people write to the agency, and the forms that it came by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "contact_forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.LargeBinary(length=16), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_forms")),
    )
    with op.batch_alter_table("contact_forms", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_forms_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_forms_origin_used_at"), ["origin", "used_at"], unique=False
        )

    op.create_table(
        "contact_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "reference",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "email_key",
            sa.String(length=254).with_variant(sa.String(length=254, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "mailbox_key",
            sa.String(length=254).with_variant(sa.String(length=254, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("company", sa.String(length=150), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("login_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column(
            "answers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("spam_score", sa.Integer(), nullable=False),
        sa.Column(
            "spam_signs", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(length=16), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_reason IS NULL)",
            name=op.f("ck_contact_requests_closed"),
        ),
        sa.CheckConstraint(
            "status <> 'answered' OR answered_at IS NOT NULL",
            name=op.f("ck_contact_requests_answered"),
        ),
        sa.CheckConstraint(
            "status IN ('suspected_spam', 'open', 'answered', 'closed')",
            name=op.f("ck_contact_requests_status"),
        ),
        sa.CheckConstraint(
            "topic <> 'privacy' OR status <> 'open' OR due_at IS NOT NULL",
            name=op.f("ck_contact_requests_due"),
        ),
        sa.CheckConstraint(
            "topic IN ('privacy', 'contact', 'quote')", name=op.f("ck_contact_requests_topic")
        ),
        sa.ForeignKeyConstraint(
            ["assigned_to"],
            ["staff_members.id"],
            name=op.f("fk_contact_requests_assigned_to_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_contact_requests_customer_id_customers"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["logins.id"],
            name=op.f("fk_contact_requests_login_id_logins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_requests")),
        sa.UniqueConstraint("reference", name=op.f("uq_contact_requests_reference")),
    )
    with op.batch_alter_table("contact_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_requests_assigned_to_id"), ["assigned_to", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_email_key_id"), ["email_key", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_kept_until"), ["kept_until"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_login_id_id"), ["login_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_mailbox_key_acknowledged_at"),
            ["mailbox_key", "acknowledged_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_status_id"), ["status", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_requests_topic_status_id"),
            ["topic", "status", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_contact_requests_unacknowledged",
            ["mailbox_key"],
            unique=False,
            postgresql_where=sa.text("acknowledged_at IS NULL AND status = 'open'"),
            sqlite_where=sa.text("acknowledged_at IS NULL AND status = 'open'"),
        )


def downgrade() -> None:
    """Drop them, with all that was asked."""
    with op.batch_alter_table("contact_requests", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_contact_requests_unacknowledged",
            postgresql_where=sa.text("acknowledged_at IS NULL AND status = 'open'"),
            sqlite_where=sa.text("acknowledged_at IS NULL AND status = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_contact_requests_topic_status_id"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_status_id"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_mailbox_key_acknowledged_at"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_login_id_id"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_kept_until"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_email_key_id"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_customer_id"))
        batch_op.drop_index(batch_op.f("ix_contact_requests_assigned_to_id"))

    op.drop_table("contact_requests")
    with op.batch_alter_table("contact_forms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_forms_origin_used_at"))
        batch_op.drop_index(batch_op.f("ix_contact_forms_expires_at"))

    op.drop_table("contact_forms")
