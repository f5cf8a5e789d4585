"""From where: access records of everybody who signs in, and coarse networks on the audit log."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ONE_OF_THREE = (
    "CASE WHEN login_id IS NULL THEN 0 ELSE 1 END + CASE WHEN officer_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END = 1"
)


def upgrade() -> None:
    """Add who it was to the access records, and the network to events.

    Seals of before say 1 by themselves, and so do those that a release of before still makes: they
    cover what they always did.
    """
    with op.batch_alter_table("access_records", schema=None) as batch_op:
        batch_op.alter_column("login_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("officer_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("staff_id", sa.Uuid(), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_access_records_holder"), ONE_OF_THREE)
    op.add_column("audit_events", sa.Column("network", sa.String(length=64), nullable=True))
    op.add_column(
        "audit_seals",
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )


def downgrade() -> None:
    """Forget it again; seals that were made meanwhile hold no more."""
    op.drop_column("audit_seals", "version")
    op.drop_column("audit_events", "network")
    op.execute("DELETE FROM access_records WHERE login_id IS NULL")
    with op.batch_alter_table("access_records", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_access_records_holder"), type_="check")
        batch_op.drop_column("staff_id")
        batch_op.drop_column("officer_id")
        batch_op.alter_column("login_id", existing_type=sa.Uuid(), nullable=False)
