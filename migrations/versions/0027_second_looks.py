"""Second looks: how the search for each named person went, and who confirmed an agency."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OUTCOMES = "outcome IN ('matched', 'none', 'partial', 'ambiguous', 'too_many')"
FOUND = "customer_id IS NULL OR outcome = 'matched' OR chosen_by IS NOT NULL"
CHOSEN = (
    "(chosen_by IS NULL) = (chosen_at IS NULL) AND (chosen_by IS NULL) = (choice_reason IS NULL)"
)
CONFIRMED = "(confirmed_at IS NULL) = (confirmed_by IS NULL)"
SECOND_PERSON = (
    "confirmed_by IS NULL OR (confirmed_by <> kind_set_by AND confirmed_by <> phone_set_by"
    " AND confirmed_by <> domains_set_by)"
)


def _json() -> "sa.JSON[Any]":
    return sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Say of persons of before what is known of them, and have every agency confirmed anew.

    Nothing tells any more why one of before was not found: whoever matched nobody is ``none``. No
    agency counts until a second person confirmed it; until then its officers do not act.
    """
    with op.batch_alter_table("legal_targets", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("outcome", sa.String(length=16), server_default="none", nullable=False)
        )
        batch_op.add_column(
            sa.Column("candidate_count", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("candidates", _json(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("chosen_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("choice_reason", sa.Text(), nullable=True))
    op.execute("UPDATE legal_targets SET outcome = 'matched' WHERE customer_id IS NOT NULL")
    op.execute("UPDATE legal_targets SET candidate_count = 1 WHERE customer_id IS NOT NULL")
    with op.batch_alter_table("legal_targets", schema=None) as batch_op:
        for column in ("outcome", "candidate_count", "candidates"):
            batch_op.alter_column(column, server_default=None)
        batch_op.create_check_constraint(batch_op.f("ck_legal_targets_outcome"), OUTCOMES)
        batch_op.create_check_constraint(batch_op.f("ck_legal_targets_found"), FOUND)
        batch_op.create_check_constraint(batch_op.f("ck_legal_targets_chosen"), CHOSEN)
        batch_op.create_foreign_key(
            batch_op.f("fk_legal_targets_chosen_by_staff_members"),
            "staff_members",
            ["chosen_by"],
            ["id"],
        )
    with op.batch_alter_table("agencies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind_set_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirmed_by", sa.Uuid(), nullable=True))
    op.execute("UPDATE agencies SET kind_set_by = created_by")
    with op.batch_alter_table("agencies", schema=None) as batch_op:
        batch_op.alter_column("kind_set_by", existing_type=sa.Uuid(), nullable=False)
        batch_op.create_check_constraint(batch_op.f("ck_agencies_confirmed"), CONFIRMED)
        batch_op.create_check_constraint(batch_op.f("ck_agencies_second_person"), SECOND_PERSON)
        for column in ("kind_set_by", "confirmed_by"):
            batch_op.create_foreign_key(
                batch_op.f(f"fk_agencies_{column}_staff_members"),
                "staff_members",
                [column],
                ["id"],
            )


def downgrade() -> None:
    """Forget it again: agencies count unconfirmed, as before."""
    with op.batch_alter_table("agencies", schema=None) as batch_op:
        for column in ("confirmed_by", "kind_set_by"):
            batch_op.drop_constraint(
                batch_op.f(f"fk_agencies_{column}_staff_members"), type_="foreignkey"
            )
        batch_op.drop_constraint(batch_op.f("ck_agencies_second_person"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_agencies_confirmed"), type_="check")
        for column in ("confirmed_by", "confirmed_at", "kind_set_by"):
            batch_op.drop_column(column)
    with op.batch_alter_table("legal_targets", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_legal_targets_chosen_by_staff_members"), type_="foreignkey"
        )
        for name in ("chosen", "found", "outcome"):
            batch_op.drop_constraint(batch_op.f(f"ck_legal_targets_{name}"), type_="check")
        for column in (
            *("choice_reason", "chosen_at", "chosen_by"),
            *("candidates", "candidate_count", "outcome"),
        ):
            batch_op.drop_column(column)
