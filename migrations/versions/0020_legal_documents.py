"""The files of legal requests, and what their verification says."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the files."""
    op.create_table(
        "legal_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_kind", sa.String(length=16), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("assurance", sa.String(length=32), nullable=True),
        sa.Column(
            "report", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('order', 'signature', 'annex')", name=op.f("ck_legal_documents_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'signature') = (order_id IS NOT NULL)", name=op.f("ck_legal_documents_order")
        ),
        sa.CheckConstraint(
            "uploaded_by_kind IN ('officer', 'staff')", name=op.f("ck_legal_documents_uploader")
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR (kind = 'order'"
            " AND verdict IN ('accepted', 'rejected', 'malformed')"
            " AND assurance IS NOT NULL AND verified_at IS NOT NULL)",
            name=op.f("ck_legal_documents_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_legal_documents_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["legal_documents.id"],
            name=op.f("fk_legal_documents_order_id_legal_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["legal_requests.id"],
            name=op.f("fk_legal_documents_request_id_legal_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_documents")),
        sa.UniqueConstraint("file_id", name=op.f("uq_legal_documents_file_id")),
    )
    op.create_index(op.f("ix_legal_documents_order_id"), "legal_documents", ["order_id"])
    op.create_index(
        op.f("ix_legal_documents_request_id_id"), "legal_documents", ["request_id", "id"]
    )


def downgrade() -> None:
    """Back to requests without files."""
    op.drop_table("legal_documents")
