"""What authorities ask for: requests, whom they name, and every step they take."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MESSAGE = "the steps of a legal request are append-only"


def upgrade() -> None:
    """Add the requests, and close the record of their steps."""
    op.create_table(
        "legal_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "reference",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column(
            "process_number",
            sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("inquiry_number", sa.String(length=64), nullable=True),
        sa.Column("issuing_body", sa.String(length=200), nullable=False),
        sa.Column("signer_name", sa.String(length=200), nullable=False),
        sa.Column("signer_tax_id", sa.String(length=11), nullable=False),
        sa.Column("signer_office", sa.String(length=16), nullable=False),
        sa.Column("motivation", sa.Text(), nullable=False),
        sa.Column("risk_statement", sa.Text(), nullable=True),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column(
            "targets", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_zone", sa.String(length=64), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legal_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secrecy_basis", sa.String(length=300), nullable=True),
        sa.Column("secrecy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "findings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "decisions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_again_by", sa.Uuid(), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(channel = 'authority') = (officer_id IS NOT NULL) AND (channel = 'authority') = (entered_by IS NULL)",
            name=op.f("ck_legal_requests_sender"),
        ),
        sa.CheckConstraint(
            "channel IN ('authority', 'paper', 'email')", name=op.f("ck_legal_requests_channel")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'received', 'identity_check', 'information_requested', 'legal_review', 'narrowed', 'approval', 'collecting', 'second_check', 'packaged', 'delivered', 'acknowledged', 'closed', 'rejected', 'withdrawn', 'expired', 'appealed')",
            name=op.f("ck_legal_requests_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('collecting', 'second_check', 'packaged', 'delivered', 'acknowledged') OR (reviewed_by IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_legal_requests_approved"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('packaged', 'delivered', 'acknowledged') OR checked_by IS NOT NULL",
            name=op.f("ck_legal_requests_checked"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL OR approved_by <> reviewed_by) AND (approved_again_by IS NULL OR (approved_again_by <> reviewed_by AND approved_again_by <> approved_by)) AND (checked_by IS NULL OR (checked_by <> reviewed_by AND checked_by <> approved_by AND (approved_again_by IS NULL OR checked_by <> approved_again_by)))",
            name=op.f("ck_legal_requests_four_eyes"),
        ),
        sa.CheckConstraint(
            "(period_from IS NULL) = (period_to IS NULL)", name=op.f("ck_legal_requests_period")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_legal_requests_agency_id_agencies")
        ),
        sa.ForeignKeyConstraint(
            ["approved_again_by"],
            ["staff_members.id"],
            name=op.f("fk_legal_requests_approved_again_by_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"],
            ["staff_members.id"],
            name=op.f("fk_legal_requests_approved_by_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["checked_by"],
            ["staff_members.id"],
            name=op.f("fk_legal_requests_checked_by_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"],
            ["staff_members.id"],
            name=op.f("fk_legal_requests_entered_by_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_legal_requests_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"],
            ["staff_members.id"],
            name=op.f("fk_legal_requests_reviewed_by_staff_members"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_requests")),
        sa.UniqueConstraint("reference", name=op.f("uq_legal_requests_reference")),
    )
    with op.batch_alter_table("legal_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_legal_requests_agency_id_id"), ["agency_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_legal_requests_legal_due_at_id"), ["legal_due_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_legal_requests_officer_id_id"), ["officer_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_legal_requests_process_number"), ["process_number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_legal_requests_status_legal_due_at_id"),
            ["status", "legal_due_at", "id"],
            unique=False,
        )

    op.create_table(
        "legal_colleagues",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_legal_colleagues_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_colleagues_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("request_id", "officer_id", name=op.f("pk_legal_colleagues")),
    )
    with op.batch_alter_table("legal_colleagues", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_legal_colleagues_officer_id"), ["officer_id"], unique=False
        )

    op.create_table(
        "legal_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deed", sa.String(length=24), nullable=False),
        sa.Column("origin", sa.String(length=24), nullable=False),
        sa.Column("to", sa.String(length=24), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("article", sa.String(length=200), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_steps_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_steps")),
    )
    with op.batch_alter_table("legal_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_legal_steps_request_id_id"), ["request_id", "id"], unique=False
        )

    op.create_table(
        "legal_targets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("matched_by", sa.Text(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_legal_targets_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_targets_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_targets")),
        sa.UniqueConstraint(
            "request_id", "position", name=op.f("uq_legal_targets_request_id_position")
        ),
    )
    with op.batch_alter_table("legal_targets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_legal_targets_customer_id"), ["customer_id"], unique=False
        )
    _close(op.get_bind().dialect.name)


def downgrade() -> None:
    """Back to a service without a desk for legal requests."""
    for table in ("legal_targets", "legal_steps", "legal_colleagues", "legal_requests"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_legal_step_change()")


def _close(dialect: str) -> None:
    """As the consent ledger is closed (0005)."""
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_legal_step_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'insufficient_privilege'; END $$"
        )
        op.execute(
            "CREATE TRIGGER legal_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON legal_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_legal_step_change()"
        )
        return
    taken = "EXISTS (SELECT 1 FROM legal_steps WHERE id = NEW.id)"
    op.execute(
        f"CREATE TRIGGER legal_steps_no_replace BEFORE INSERT ON legal_steps WHEN {taken} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER legal_steps_no_{verb.lower()} BEFORE {verb} ON legal_steps "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
