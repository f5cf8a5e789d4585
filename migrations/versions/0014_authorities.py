"""Agencies and their officers, who sign in at a door of their own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OWNED = ("sessions", "authenticators", "recovery_codes", "challenges")
"""What everybody who signs in has of their own."""
ONE_OF_TWO = "(login_id IS NULL) <> (staff_id IS NULL)"
ONE_OF_THREE = (
    "CASE WHEN login_id IS NULL THEN 0 ELSE 1 END + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN officer_id IS NULL THEN 0 ELSE 1 END = 1"
)
SESSION_OF_TWO = (
    "(kind = 'customer' AND login_id IS NOT NULL AND customer_id IS NOT NULL"
    " AND staff_id IS NULL)"
    " OR (kind = 'staff' AND staff_id IS NOT NULL AND login_id IS NULL"
    " AND customer_id IS NULL)"
)
SESSION_OF_THREE = (
    "(kind = 'customer' AND login_id IS NOT NULL AND customer_id IS NOT NULL"
    " AND staff_id IS NULL AND officer_id IS NULL)"
    " OR (kind = 'staff' AND staff_id IS NOT NULL AND login_id IS NULL"
    " AND customer_id IS NULL AND officer_id IS NULL)"
    " OR (kind = 'authority' AND officer_id IS NOT NULL AND login_id IS NULL"
    " AND customer_id IS NULL AND staff_id IS NULL)"
)
CHECKS = {
    "sessions": (SESSION_OF_TWO, SESSION_OF_THREE),
    "authenticators": (ONE_OF_TWO, ONE_OF_THREE),
    "recovery_codes": (ONE_OF_TWO, ONE_OF_THREE),
}
"""Whose a row is: before, and now."""


def _key(length: int) -> sa.String:
    return sa.String(length=length).with_variant(
        sa.String(length=length, collation="C"), "postgresql"
    )


def upgrade() -> None:
    """Add both tables, and a third holder to what people sign in with."""
    op.create_table(
        "agencies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", _key(160), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("callback_phone", sa.String(length=16), nullable=False),
        sa.Column("phone_source", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("phone_set_by", sa.Uuid(), nullable=False),
        sa.Column("domains_set_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('police', 'prosecution', 'court', 'data_protection', 'treasury',"
            " 'financial_intelligence', 'other')",
            name=op.f("ck_agencies_kind"),
        ),
        sa.CheckConstraint("status IN ('active', 'suspended')", name=op.f("ck_agencies_status")),
        sa.CheckConstraint("domains <> ''", name=op.f("ck_agencies_domains")),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["staff_members.id"],
                name=op.f(f"fk_agencies_{column}_staff_members"),
            )
            for column in ("created_by", "phone_set_by", "domains_set_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        sa.UniqueConstraint("name", name=op.f("uq_agencies_name")),
    )
    op.create_table(
        "officers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", _key(254), nullable=False),
        sa.Column("tax_id", sa.String(length=11), nullable=False),
        sa.Column("office", sa.String(length=16), nullable=False),
        sa.Column("registration_number", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "vettings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("vetted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vetted_by", sa.Uuid(), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_reason", sa.String(length=500), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "office IN ('police_chief', 'prosecutor', 'judge', 'clerk', 'authority')",
            name=op.f("ck_officers_office"),
        ),
        sa.CheckConstraint(
            "status IN ('confirmed', 'active', 'suspended', 'expired')",
            name=op.f("ck_officers_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('active', 'expired') OR (vetted_at IS NOT NULL"
            " AND vetted_by IS NOT NULL AND valid_until IS NOT NULL)",
            name=op.f("ck_officers_vetted"),
        ),
        sa.CheckConstraint(
            "(status = 'suspended') = (suspended_at IS NOT NULL)"
            " AND (suspended_at IS NULL) = (suspended_reason IS NULL)",
            name=op.f("ck_officers_suspended"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_officers_agency_id_agencies")
        ),
        sa.ForeignKeyConstraint(
            ["vetted_by"], ["staff_members.id"], name=op.f("fk_officers_vetted_by_staff_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officers")),
        sa.UniqueConstraint("email_key", name=op.f("uq_officers_email_key")),
    )
    op.create_index(op.f("ix_officers_agency_id_id"), "officers", ["agency_id", "id"])
    op.create_index(op.f("ix_officers_status_valid_until"), "officers", ["status", "valid_until"])
    for table in OWNED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("officer_id", sa.Uuid(), nullable=True))
            batch_op.create_index(
                batch_op.f(f"ix_{table}_officer_id"), ["officer_id"], unique=False
            )
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{table}_officer_id_officers"),
                "officers",
                ["officer_id"],
                ["id"],
                ondelete="CASCADE",
            )
            if table in CHECKS:
                name = batch_op.f(f"ck_{table}_holder")
                batch_op.drop_constraint(name, type_="check")
                batch_op.create_check_constraint(name, CHECKS[table][1])
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("officer_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_messages_officer_id_officers"),
            "officers",
            ["officer_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table("pending_registrations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "kind", sa.String(length=16), server_default=sa.text("'customer'"), nullable=False
            )
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_pending_registrations_kind"), "kind IN ('customer', 'officer')"
        )
    with op.batch_alter_table("pending_registrations", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=16), server_default=None)


def downgrade() -> None:
    """Back to two kinds of people who sign in; what belongs to officers goes."""
    op.execute("DELETE FROM pending_registrations WHERE kind = 'officer'")
    with op.batch_alter_table("pending_registrations", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_pending_registrations_kind"), type_="check")
        batch_op.drop_column("kind")
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_outbox_messages_officer_id_officers"), type_="foreignkey"
        )
        batch_op.drop_column("officer_id")
    op.execute(
        "DELETE FROM refresh_tokens WHERE session_id IN"
        " (SELECT id FROM sessions WHERE officer_id IS NOT NULL)"
    )
    for table in OWNED:
        op.execute(f"DELETE FROM {table} WHERE officer_id IS NOT NULL")  # noqa: S608 - our own names
        with op.batch_alter_table(table, schema=None) as batch_op:
            if table in CHECKS:
                name = batch_op.f(f"ck_{table}_holder")
                batch_op.drop_constraint(name, type_="check")
                batch_op.create_check_constraint(name, CHECKS[table][0])
            batch_op.drop_constraint(
                batch_op.f(f"fk_{table}_officer_id_officers"), type_="foreignkey"
            )
            batch_op.drop_index(batch_op.f(f"ix_{table}_officer_id"))
            batch_op.drop_column("officer_id")
    op.drop_table("officers")
    op.drop_table("agencies")
