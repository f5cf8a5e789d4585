"""An order that was sent before is found again: an index on what files hold."""

from collections.abc import Sequence

from alembic import op

revision: str = "0026"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the index."""
    op.create_index(op.f("ix_legal_documents_sha256"), "legal_documents", ["sha256"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_legal_documents_sha256"), "legal_documents")
