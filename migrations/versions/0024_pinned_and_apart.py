"""The desk: who typed a request in stands apart, files are pinned, papers are answered at an
official address, and orders of secrecy are kept for good."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENTERER = (
    "entered_by IS NULL OR ((approved_by IS NULL OR approved_by <> entered_by)"
    " AND (approved_again_by IS NULL OR approved_again_by <> entered_by)"
    " AND (checked_by IS NULL OR checked_by <> entered_by))"
)
ANSWER_EMAIL = "channel <> 'authority' OR answer_email IS NULL"
MESSAGE = "the orders of secrecy about a legal request are append-only"


def upgrade() -> None:
    """Add the columns, the rules and the orders.

    What came on paper before has no address, unless a key came with it: its package waits until it
    is entered anew. Of files nothing is pinned before their next change. A request that was
    approved or checked by whoever typed it in stops the migration: somebody must look at it.
    """
    with op.batch_alter_table("legal_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer_email", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("documents_sha256", sa.String(length=64), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_legal_requests_enterer"), ENTERER)
        batch_op.create_check_constraint(batch_op.f("ck_legal_requests_answer_email"), ANSWER_EMAIL)
    op.add_column("legal_steps", sa.Column("documents_sha256", sa.String(length=64), nullable=True))
    op.create_table(
        "legal_secrecy_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.String(length=16), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("secrecy_basis", sa.String(length=300), nullable=False),
        sa.Column("secrecy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "entry IN ('ordered', 'proposed')", name=op.f("ck_legal_secrecy_orders_entry")
        ),
        sa.CheckConstraint(
            "change IN ('set', 'extended', 'shortened', 'lifted')",
            name=op.f("ck_legal_secrecy_orders_change"),
        ),
        sa.CheckConstraint(
            "actor_kind IN ('officer', 'staff')", name=op.f("ck_legal_secrecy_orders_actor")
        ),
        sa.CheckConstraint(
            "(change NOT IN ('extended', 'shortened') OR secrecy_until IS NOT NULL)"
            " AND (change <> 'lifted' OR secrecy_until IS NULL)",
            name=op.f("ck_legal_secrecy_orders_until"),
        ),
        sa.CheckConstraint(
            "entry <> 'proposed' OR change IN ('shortened', 'lifted')",
            name=op.f("ck_legal_secrecy_orders_proposal"),
        ),
        sa.CheckConstraint(
            "(entry = 'ordered' AND change IN ('shortened', 'lifted')) = (proposal_id IS NOT NULL)"
            " AND (proposal_id IS NULL) = (proposed_by IS NULL)"
            " AND (proposed_by IS NULL OR proposed_by <> actor_id)",
            name=op.f("ck_legal_secrecy_orders_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["legal_secrecy_orders.id"],
            name=op.f("fk_legal_secrecy_orders_proposal_id_legal_secrecy_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_secrecy_orders_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_secrecy_orders")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_legal_secrecy_orders_proposal_id")),
        sa.UniqueConstraint(
            "request_id", "number", name=op.f("uq_legal_secrecy_orders_request_id_number")
        ),
    )
    _write_down_what_stands()
    _close(op.get_bind().dialect.name)


def downgrade() -> None:
    """Back to one order of secrecy a request, and an enterer whom the service keeps apart."""
    op.drop_table("legal_secrecy_orders")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_secrecy_order_change()")
    op.drop_column("legal_steps", "documents_sha256")
    with op.batch_alter_table("legal_requests", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_legal_requests_answer_email"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_legal_requests_enterer"), type_="check")
        batch_op.drop_column("documents_sha256")
        batch_op.drop_column("answer_email")


def _write_down_what_stands() -> None:
    """The first entry that is known: as old as its request, whose id it has but for the last bit."""
    moment = sa.DateTime(timezone=True)
    kept = ("id", "created_at", "officer_id", "entered_by", "secrecy_basis", "secrecy_until")
    types: dict[str, Any] = {"id": sa.Uuid(), "officer_id": sa.Uuid(), "entered_by": sa.Uuid()}
    types |= {"created_at": moment, "secrecy_until": moment}
    requests = sa.table(
        "legal_requests", *(sa.column(name, types.get(name, sa.Text())) for name in kept)
    )
    orders = sa.table(
        "legal_secrecy_orders",
        *(sa.column(name, sa.Uuid()) for name in ("id", "request_id", "actor_id")),
        *(sa.column(name, moment) for name in ("at", "secrecy_until")),
        *(sa.column(name, sa.Text()) for name in ("entry", "change", "secrecy_basis")),
        sa.column("actor_kind", sa.Text()),
        sa.column("number", sa.Integer()),
    )
    stands = sa.select(requests).where(requests.c.secrecy_basis.is_not(None))
    for request in op.get_bind().execute(stands).all():
        first = {
            "id": UUID(int=request.id.int ^ 1),
            "request_id": request.id,
            "number": 1,
            "at": request.created_at,
            "entry": "ordered",
            "change": "set",
            "secrecy_basis": request.secrecy_basis,
            "secrecy_until": request.secrecy_until,
            "actor_kind": "staff" if request.officer_id is None else "officer",
            "actor_id": request.officer_id or request.entered_by,
        }
        op.execute(sa.insert(orders).values(**first))


def _close(dialect: str) -> None:
    """As the steps are closed (0015)."""
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_secrecy_order_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'insufficient_privilege'; END $$"
        )
        op.execute(
            "CREATE TRIGGER legal_secrecy_orders_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON"
            " legal_secrecy_orders FOR EACH STATEMENT"
            " EXECUTE FUNCTION refuse_secrecy_order_change()"
        )
        return
    taken = "EXISTS (SELECT 1 FROM legal_secrecy_orders WHERE id = NEW.id)"
    op.execute(
        "CREATE TRIGGER legal_secrecy_orders_no_replace BEFORE INSERT ON legal_secrecy_orders"
        f" WHEN {taken} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER legal_secrecy_orders_no_{verb.lower()} BEFORE {verb} ON"
            f" legal_secrecy_orders BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
