"""Staff's TOTP secrets move to the authenticators, where several may stand; a passkey's transports.

A secret is sealed and bound to its holder's id, in both places: it moves as it is.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Move the secrets. What comes from a member of staff takes over the member's id."""
    with op.batch_alter_table("authenticators", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("transports", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
    op.execute(
        "INSERT INTO authenticators"
        " (id, staff_id, kind, name, secret, last_step, created_at, confirmed_at)"
        " SELECT id, id, 'totp', 'TOTP', totp_secret, totp_last_step, created_at, created_at"
        " FROM staff_members"
    )
    with op.batch_alter_table("staff_members", schema=None) as batch_op:
        batch_op.drop_column("totp_last_step")
        batch_op.drop_column("totp_secret")


def downgrade() -> None:
    """Move each member's oldest one back; who has none (but passkeys) can no longer sign in."""
    none = "''::bytea" if op.get_bind().dialect.name == "postgresql" else "x''"
    with op.batch_alter_table("staff_members", schema=None) as batch_op:
        batch_op.add_column(sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    for column, held in (("totp_secret", "secret"), ("totp_last_step", "last_step")):
        op.execute(
            f"UPDATE staff_members SET {column} ="  # noqa: S608 - our own names
            f" (SELECT {held} FROM authenticators WHERE staff_id = staff_members.id"
            " AND kind = 'totp' AND confirmed_at IS NOT NULL ORDER BY confirmed_at, id LIMIT 1)"
        )
    op.execute(
        "DELETE FROM authenticators WHERE EXISTS (SELECT 1 FROM staff_members"
        " WHERE id = authenticators.staff_id AND totp_secret = authenticators.secret)"
    )
    op.execute(f"UPDATE staff_members SET totp_secret = {none} WHERE totp_secret IS NULL")  # noqa: S608 - a constant
    with op.batch_alter_table("staff_members", schema=None) as batch_op:
        batch_op.alter_column("totp_secret", existing_type=sa.LargeBinary(), nullable=False)
    with op.batch_alter_table("authenticators", schema=None) as batch_op:
        batch_op.drop_column("transports")
