"""Packages that answer legal requests."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALIVE = "state <> 'deleted'"


def upgrade() -> None:
    """Add the packages, and to requests the key that they are encrypted to."""
    op.add_column("legal_requests", sa.Column("age_recipient", sa.String(length=62), nullable=True))
    op.create_table(
        "legal_packages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column(
            "manifest", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("key_file", sa.LargeBinary(), nullable=True),
        sa.Column("zip_bytes", sa.BigInteger(), nullable=True),
        sa.Column("zip_sha256", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("downloads", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "reissues", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('making', 'made', 'released', 'downloaded', 'deleted')",
            name=op.f("ck_legal_packages_state"),
        ),
        sa.CheckConstraint(
            "recipient IN ('key', 'passphrase')", name=op.f("ck_legal_packages_recipient")
        ),
        sa.CheckConstraint(
            "(state = 'deleted') = (deleted_at IS NOT NULL)", name=op.f("ck_legal_packages_deleted")
        ),
        sa.CheckConstraint(
            "state NOT IN ('released', 'downloaded') OR (released_at IS NOT NULL AND expires_at IS NOT NULL)",
            name=op.f("ck_legal_packages_released"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_legal_packages_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_packages_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_packages")),
    )
    op.create_index(
        "ix_legal_packages_alive",
        "legal_packages",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text(ALIVE),
        sqlite_where=sa.text(ALIVE),
    )
    op.create_index(
        op.f("ix_legal_packages_request_id_id"),
        "legal_packages",
        ["request_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_legal_packages_expires_at"), "legal_packages", ["expires_at"], unique=False
    )


def downgrade() -> None:
    """Back to requests that nothing is collected for."""
    op.drop_table("legal_packages")
    op.drop_column("legal_requests", "age_recipient")
