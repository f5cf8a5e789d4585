"""The register of purposes, third parties, and the consent ledger in place of its first form.

What was said so far is carried over as version 0 of its purpose: the words were not kept.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = {
    "purposes": ("key", "version"),
    "consent_events": ("id",),
}
"""The tables that take rows and never give them back, each with its primary key."""
MESSAGE = "the consent ledger is append-only"
NOBODY = {
    "postgresql": "'00000000-0000-0000-0000-000000000000'::uuid",
    "sqlite": "'00000000000000000000000000000000'",
}
"""The nil UUID: the recipient where the agency itself is meant."""
EMPTY = {"postgresql": "'{}'::jsonb", "sqlite": "'{}'"}


def upgrade() -> None:
    """Add the tables, carry the old ledger over, close the new one."""
    op.create_table(
        "consent_subjects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('account', 'visitor')", name=op.f("ck_consent_subjects_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_subjects")),
    )
    op.create_table(
        "purposes",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=64), nullable=False),
        sa.Column("withdrawable", sa.Boolean(), nullable=False),
        sa.Column("asked_of", sa.Text(), nullable=False),
        sa.Column("consent_kept_from", sa.Integer(), nullable=False),
        sa.Column(
            "title", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("text", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column(
            "retention", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "recipients", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.CheckConstraint(
            "basis IN ('consent', 'contract', 'legal_obligation', 'legitimate_interest')",
            name=op.f("ck_purposes_basis"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_purposes_version")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_purposes")),
    )
    op.create_table(
        "recipients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("tax_id", sa.String(length=14), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("safeguards", sa.String(length=2000), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_recipients_retired")
        ),
        sa.CheckConstraint("status IN ('active', 'retired')", name=op.f("ck_recipients_status")),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["staff_members.id"],
            name=op.f("fk_recipients_created_by_staff_members"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sa.UniqueConstraint("name", name=op.f("uq_recipients_name")),
    )
    op.create_table(
        "consent_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("purpose_version", sa.Integer(), nullable=False),
        sa.Column("purpose_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=True),
        sa.Column(
            "evidence", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'phone', 'import', 'api')", name=op.f("ck_consent_events_channel")
        ),
        sa.CheckConstraint(
            "state IN ('granted', 'denied', 'withdrawn', 'expired')",
            name=op.f("ck_consent_events_state"),
        ),
        sa.CheckConstraint(
            "(purpose_version = 0) = (purpose_hash IS NULL)", name=op.f("ck_consent_events_words")
        ),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_consent_events_sequence")),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_consent_events_recipient_id_recipients"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"],
            ["consent_subjects.id"],
            name=op.f("fk_consent_events_subject_id_consent_subjects"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_events")),
        sa.UniqueConstraint(
            "subject_id", "sequence", name=op.f("uq_consent_events_subject_id_sequence")
        ),
    )
    with op.batch_alter_table("consent_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_events_recipient_id"), ["recipient_id"], unique=False
        )

    op.create_table(
        "consent_states",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["consent_events.id"], name=op.f("fk_consent_states_id_consent_events")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"],
            ["consent_subjects.id"],
            name=op.f("fk_consent_states_subject_id_consent_subjects"),
        ),
        sa.PrimaryKeyConstraint(
            "subject_id", "purpose", "recipient_id", name=op.f("pk_consent_states")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_consent_states_id")),
    )
    with op.batch_alter_table("consent_states", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_states_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_consent_states_recipient_id_purpose"),
            ["recipient_id", "purpose"],
            unique=False,
        )

    _carry_over(op.get_bind().dialect.name)
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_customer_id_purpose_id"))
    op.drop_table("consents")
    _close(op.get_bind().dialect.name)


def downgrade() -> None:
    """Back to one yes or no per row. What came to stand since is carried back, its proof is not."""
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_consents_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_customer_id_purpose_id"),
            ["customer_id", "purpose", "id"],
            unique=False,
        )
    op.execute(
        "INSERT INTO consents (id, customer_id, purpose, granted, at, channel, actor_kind, actor_id)"
        " SELECT id, subject_id, purpose, state = 'granted', at, channel, actor_kind, actor_id"
        " FROM consent_events WHERE recipient_id IS NULL"
        " AND subject_id IN (SELECT id FROM customers)"
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.drop_table("consent_states")
    op.drop_table("consent_events")
    op.drop_table("recipients")
    op.drop_table("purposes")
    op.drop_table("consent_subjects")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_ledger_change()")


def _carry_over(dialect: str) -> None:
    """Each row becomes an event; a no after a yes was a withdrawal."""
    op.execute(
        "INSERT INTO consent_subjects (id, kind, events)"
        " SELECT customer_id, 'account', count(*) FROM consents GROUP BY customer_id"
    )
    events = (
        "INSERT INTO consent_events (id, subject_id, sequence, purpose, purpose_version, state,"
        " channel, actor_kind, actor_id, evidence, at)"
        " SELECT id, customer_id, row_number() OVER (PARTITION BY customer_id ORDER BY id),"
        " purpose, 0, CASE WHEN granted THEN 'granted'"
        " WHEN lag(granted) OVER (PARTITION BY customer_id, purpose ORDER BY id) THEN 'withdrawn'"
        " ELSE 'denied' END,"
        " CASE WHEN channel = 'web' THEN 'web' ELSE 'import' END, actor_kind, actor_id,"
        " {empty}, at FROM consents"
    )
    op.execute(events.replace("{empty}", EMPTY[dialect]))
    states = (
        "INSERT INTO consent_states (subject_id, purpose, recipient_id, id, purpose_version, state,"
        " channel, at) SELECT subject_id, purpose, {nobody}, id, 0, state, channel, at"
        " FROM (SELECT *, row_number() OVER"
        " (PARTITION BY subject_id, purpose ORDER BY sequence DESC) AS place FROM consent_events)"
        " AS ranked WHERE place = 1"
    )
    op.execute(states.replace("{nobody}", NOBODY[dialect]))


def _close(dialect: str) -> None:
    """As the audit log is closed (0002)."""
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'insufficient_privilege'; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
            )
        return
    for table, key in APPEND_ONLY.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
