"""Held copies are read by table and record, as packages give them beside the rows of today."""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BY_RECORD = "ix_held_copies_hold_id_resource_record_id_id"
_BY_HOLD = "ix_held_copies_hold_id_id"


def upgrade() -> None:
    """Find the copies of a hold in the order of the records that they are of."""
    op.create_index(_BY_RECORD, "held_copies", ["hold_id", "resource", "record_id", "id"])
    op.drop_index(_BY_HOLD, "held_copies")


def downgrade() -> None:
    """Back to the order in which they were taken."""
    op.create_index(_BY_HOLD, "held_copies", ["hold_id", "id"])
    op.drop_index(_BY_RECORD, "held_copies")
