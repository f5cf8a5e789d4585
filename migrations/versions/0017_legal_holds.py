"""What is frozen for authorities: holds, and the sealed copies that they keep."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add holds and their copies."""
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filing_number", sa.String(length=64), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=16), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "end_reason IN ('lapsed', 'released', 'withdrawn', 'refused')",
            name=op.f("ck_legal_holds_end_reason"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_legal_holds_ended")
        ),
        sa.CheckConstraint(
            "(filed_at IS NULL) = (filing_number IS NULL)", name=op.f("ck_legal_holds_filed")
        ),
        sa.CheckConstraint(
            "end_reason <> 'lapsed' OR filed_at IS NULL", name=op.f("ck_legal_holds_lapsed")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_legal_holds_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["staff_members.id"], name=op.f("fk_legal_holds_ended_by_staff_members")
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"], ["staff_members.id"], name=op.f("fk_legal_holds_filed_by_staff_members")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_holds_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    with op.batch_alter_table("legal_holds", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_legal_holds_customer_id_ended_at"),
            ["customer_id", "ended_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_legal_holds_lapses_at"), ["lapses_at"], unique=False)
        batch_op.create_index(
            "ix_legal_holds_living",
            ["request_id", "customer_id"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_legal_holds_request_id_id"), ["request_id", "id"], unique=False
        )

    op.create_table(
        "held_copies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["legal_holds.id"], name=op.f("fk_held_copies_hold_id_legal_holds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_copies")),
    )
    with op.batch_alter_table("held_copies", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_held_copies_hold_id_id"), ["hold_id", "id"], unique=False
        )


def downgrade() -> None:
    """Back to a service that holds nobody."""
    op.drop_table("held_copies")
    op.drop_table("legal_holds")
