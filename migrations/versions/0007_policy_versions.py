"""Policy versions: in both languages, with what changed, drafted by one and reviewed by another.

What was announced stands as it is, on both databases: a version is withdrawn before its moment, or
not at all; who accepted what, and who drafted and reviewed it, is not changed afterwards.
"""

import hashlib
from collections.abc import Sequence
from importlib import resources

import sqlalchemy as sa
from alembic import op

from app.core.ids import new_id

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STANDS = "what was published stands as it is"
CLOSED = "OLD.status IN ('published', 'discarded')"
FIXED = (
    "version",
    "id",
    "hash",
    "published_at",
    "language",
    "text",
    "requires_acceptance",
    "announced_at",
    "hash_en",
    "summary",
    "summary_en",
    "text_en",
)
"""The columns of a version; beside them there is only whether it was withdrawn."""


def upgrade() -> None:
    """Add the columns and the table, say in English what stands, and close it all to change."""
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("requires_acceptance", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hash_en", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("summary", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("summary_en", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("text_en", sa.Text(), nullable=True))
    _fill()
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.alter_column("id", existing_type=sa.Uuid(), nullable=False)
        batch_op.alter_column("requires_acceptance", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column(
            "announced_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )
        batch_op.alter_column("hash_en", existing_type=sa.String(length=64), nullable=False)
        for column in ("summary", "summary_en", "text_en"):
            batch_op.alter_column(column, existing_type=sa.Text(), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_policies_id"), ["id"])
        batch_op.create_index(
            "ix_policies_in_force",
            ["requires_acceptance", "withdrawn_at", "published_at", "version"],
            unique=False,
        )
    with op.batch_alter_table("policy_acceptances", schema=None) as batch_op:
        batch_op.add_column(sa.Column("network", sa.String(length=64), nullable=True))

    op.create_table(
        "policy_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("requires_acceptance", sa.Boolean(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(status = 'published') = (version IS NOT NULL)", name=op.f("ck_policy_drafts_version")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'approved', 'published', 'discarded')",
            name=op.f("ck_policy_drafts_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'published') OR reviewed_by IS NOT NULL",
            name=op.f("ck_policy_drafts_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["staff_members.id"],
            name=op.f("fk_policy_drafts_closed_by_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"],
            ["staff_members.id"],
            name=op.f("fk_policy_drafts_reviewed_by_staff_members"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["policies.version"], name=op.f("fk_policy_drafts_version_policies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_drafts")),
        sa.UniqueConstraint("version", name=op.f("uq_policy_drafts_version")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _close_on_postgresql()
    else:
        _close_on_sqlite()


def _fill() -> None:
    """The first version is ours, and so is its translation. Whoever registered accepted it."""
    policies = sa.table(
        "policies",
        sa.column("version", sa.Integer()),
        sa.column("published_at", sa.DateTime(timezone=True)),
        sa.column("hash", sa.String()),
        sa.column("text", sa.Text()),
        sa.column("id", sa.Uuid()),
        sa.column("requires_acceptance", sa.Boolean()),
        sa.column("announced_at", sa.DateTime(timezone=True)),
        sa.column("hash_en", sa.String()),
        sa.column("summary", sa.Text()),
        sa.column("summary_en", sa.Text()),
        sa.column("text_en", sa.Text()),
    )
    connection = op.get_bind()
    texts = resources.files("app.services") / "texts"
    ours, english = (
        (texts / f"policy-1.{language}.md").read_text(encoding="utf-8")
        for language in ("pt-BR", "en")
    )
    for row in connection.execute(sa.select(policies.c.version, policies.c.text)).all():
        # A text that is not ours was put there by hand: nobody has said it in English.
        text_en = english if row.text == ours else row.text
        connection.execute(
            sa.update(policies)
            .where(policies.c.version == row.version)
            .values(
                id=new_id(),
                requires_acceptance=True,
                announced_at=policies.c.published_at,
                hash_en=hashlib.sha256(text_en.encode()).hexdigest(),
                summary="Primeira versão." if row.version == 1 else "",
                summary_en="First version." if row.version == 1 else "",
                text_en=text_en,
            )
        )


def _close_on_postgresql() -> None:
    raised = f"RAISE EXCEPTION '{STANDS}' USING ERRCODE = 'insufficient_privilege';"
    op.execute(
        "CREATE FUNCTION refuse_published() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {raised} END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_all_but_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.withdrawn_at IS NULL AND NEW.withdrawn_at < OLD.published_at"
        " AND to_jsonb(NEW) - 'withdrawn_at' = to_jsonb(OLD) - 'withdrawn_at'"
        f" THEN RETURN NEW; END IF; {raised} END $$"
    )
    op.execute(
        "CREATE TRIGGER policies_stand BEFORE DELETE OR TRUNCATE ON policies"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_published()"
    )
    op.execute(
        "CREATE TRIGGER policies_withdrawn BEFORE UPDATE ON policies"
        " FOR EACH ROW EXECUTE FUNCTION refuse_all_but_withdrawal()"
    )
    op.execute(
        "CREATE TRIGGER policy_drafts_stand BEFORE UPDATE OR DELETE ON policy_drafts"
        f" FOR EACH ROW WHEN ({CLOSED})"
        " EXECUTE FUNCTION refuse_published()"
    )
    op.execute(
        "CREATE TRIGGER policy_acceptances_stand BEFORE UPDATE ON policy_acceptances"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_published()"
    )


def _close_on_sqlite() -> None:
    """SQLite calls no trigger for the row that a REPLACE removes: there a taken key is refused."""
    raised = f"BEGIN SELECT RAISE(ABORT, '{STANDS}'); END"
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in FIXED)
    withdrawal = (
        "OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL"
        f" AND NEW.withdrawn_at < OLD.published_at AND {same}"
    )
    taken = "EXISTS (SELECT 1 FROM policies WHERE version = NEW.version OR id = NEW.id)"
    for name, event, when in (
        ("policies_no_replace", "INSERT ON policies", f"WHEN {taken}"),
        ("policies_no_update", "UPDATE ON policies", f"WHEN NOT ({withdrawal})"),
        ("policies_no_delete", "DELETE ON policies", ""),
        ("policy_drafts_no_update", "UPDATE ON policy_drafts", f"WHEN {CLOSED}"),
        ("policy_drafts_no_delete", "DELETE ON policy_drafts", f"WHEN {CLOSED}"),
        ("policy_acceptances_no_update", "UPDATE ON policy_acceptances", ""),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} {when} {raised}")


def downgrade() -> None:
    """Open it again. What was withdrawn is forgotten: it would come into force."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER policies_stand ON policies")
        op.execute("DROP TRIGGER policies_withdrawn ON policies")
        op.execute("DROP TRIGGER policy_drafts_stand ON policy_drafts")
        op.execute("DROP TRIGGER policy_acceptances_stand ON policy_acceptances")
        op.execute("DROP FUNCTION refuse_published()")
        op.execute("DROP FUNCTION refuse_all_but_withdrawal()")
    else:
        for name in ("policies_no_replace", "policies_no_update", "policies_no_delete"):
            op.execute(f"DROP TRIGGER {name}")
        for name in ("policy_drafts_no_update", "policy_drafts_no_delete"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TRIGGER policy_acceptances_no_update")
    op.drop_table("policy_drafts")
    op.execute(
        "DELETE FROM policy_acceptances WHERE version IN"
        " (SELECT version FROM policies WHERE withdrawn_at IS NOT NULL)"
    )
    op.execute("DELETE FROM policies WHERE withdrawn_at IS NOT NULL")
    with op.batch_alter_table("policy_acceptances", schema=None) as batch_op:
        batch_op.drop_column("network")
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_index("ix_policies_in_force")
        batch_op.drop_constraint(batch_op.f("uq_policies_id"), type_="unique")
        for column in (
            *("text_en", "summary_en", "summary", "hash_en", "withdrawn_at", "announced_at"),
            *("requires_acceptance", "id"),
        ):
            batch_op.drop_column(column)
