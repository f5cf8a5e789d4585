"""Logins of an incident that could not be dealt with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = ["incident_id", "done_at", "login_id"]
AFTER = ["incident_id", "done_at", "failed_at", "login_id"]


def upgrade() -> None:
    """Add when a login failed and of what; find those that wait without looking at these."""
    with op.batch_alter_table("incident_targets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("failure", sa.Text(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_incident_targets_failed"), "failed_at IS NULL OR done_at IS NULL"
        )
        batch_op.create_check_constraint(
            op.f("ck_incident_targets_failure"), "(failed_at IS NULL) = (failure IS NULL)"
        )
        batch_op.drop_index(batch_op.f(_index(BEFORE)))
        batch_op.create_index(batch_op.f(_index(AFTER)), AFTER, unique=False)


def downgrade() -> None:
    """Back to logins that wait, whatever became of them."""
    with op.batch_alter_table("incident_targets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f(_index(AFTER)))
        batch_op.create_index(batch_op.f(_index(BEFORE)), BEFORE, unique=False)
        batch_op.drop_constraint(op.f("ck_incident_targets_failure"), type_="check")
        batch_op.drop_constraint(op.f("ck_incident_targets_failed"), type_="check")
        batch_op.drop_column("failure")
        batch_op.drop_column("failed_at")


def _index(columns: Sequence[str]) -> str:
    return "_".join(["ix_incident_targets", *columns])
