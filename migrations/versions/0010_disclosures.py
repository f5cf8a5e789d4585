"""What left for third parties, and which mails rely on a consent."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MESSAGE = "the disclosure ledger is append-only"
RELIES = "due_at IS NOT NULL AND relies_on IS NOT NULL"


def upgrade() -> None:
    """Add the ledger, close it, and say of each mail what it relies on: so far, nothing."""
    op.create_table(
        "disclosures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("consent_event_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_disclosures_bytes")),
        sa.ForeignKeyConstraint(
            ["consent_event_id"],
            ["consent_events.id"],
            name=op.f("fk_disclosures_consent_event_id_consent_events"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_disclosures_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_disclosures_recipient_id_recipients"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
    )
    with op.batch_alter_table("disclosures", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_disclosures_customer_id_recipient_id_id"),
            ["customer_id", "recipient_id", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_disclosures_recipient_id_id"), ["recipient_id", "id"], unique=False
        )
    _close(op.get_bind().dialect.name)
    op.add_column("outbox_messages", sa.Column("relies_on", sa.String(length=64), nullable=True))
    op.add_column("outbox_messages", sa.Column("relies_on_recipient_id", sa.Uuid(), nullable=True))
    op.add_column("outbox_messages", sa.Column("relies_on_fields", sa.Text(), nullable=True))
    op.create_index(
        "ix_outbox_messages_relies_on",
        "outbox_messages",
        ["relies_on", "relies_on_recipient_id"],
        unique=False,
        postgresql_where=sa.text(RELIES),
        sqlite_where=sa.text(RELIES),
    )


def downgrade() -> None:
    """Back to a service that discloses nothing."""
    op.drop_index("ix_outbox_messages_relies_on", table_name="outbox_messages")
    for column in ("relies_on_fields", "relies_on_recipient_id", "relies_on"):
        op.drop_column("outbox_messages", column)
    op.drop_table("disclosures")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_disclosure_change()")


def _close(dialect: str) -> None:
    """As the consent ledger is closed (0005)."""
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_disclosure_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'insufficient_privilege'; END $$"
        )
        op.execute(
            "CREATE TRIGGER disclosures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON disclosures FOR EACH STATEMENT EXECUTE FUNCTION refuse_disclosure_change()"
        )
        return
    taken = "EXISTS (SELECT 1 FROM disclosures WHERE id = NEW.id)"
    op.execute(
        f"CREATE TRIGGER disclosures_no_replace BEFORE INSERT ON disclosures WHEN {taken} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER disclosures_no_{verb.lower()} BEFORE {verb} ON disclosures "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
