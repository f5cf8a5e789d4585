"""Where each disclosure was sent, and a way to find the yeses that newer words have ended."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GRANTED = "state = 'granted'"
MESSAGE = "the disclosure ledger is append-only"


def upgrade() -> None:
    """Add the address; of what was disclosed so far it is the one that the mail is to."""
    op.add_column("disclosures", sa.Column("sent_to", sa.String(length=254), nullable=True))
    _fill(op.get_bind().dialect.name)
    op.create_index(op.f("ix_disclosures_message_id"), "disclosures", ["message_id"], unique=False)
    op.create_index(
        "ix_consent_states_granted",
        "consent_states",
        ["purpose", "purpose_version"],
        unique=False,
        postgresql_where=sa.text(GRANTED),
        sqlite_where=sa.text(GRANTED),
    )


def downgrade() -> None:
    """Back to entries that name the third party alone."""
    op.drop_index("ix_consent_states_granted", table_name="consent_states")
    op.drop_index(op.f("ix_disclosures_message_id"), table_name="disclosures")
    op.drop_column("disclosures", "sent_to")


def _fill(dialect: str) -> None:
    """The ledger takes no changes (0010): it is opened for this one, within the transaction."""
    fill = (
        "UPDATE disclosures SET sent_to = (SELECT recipient FROM outbox_messages"
        " WHERE outbox_messages.id = disclosures.message_id)"
    )
    if dialect == "postgresql":
        op.execute("ALTER TABLE disclosures DISABLE TRIGGER disclosures_append_only")
        op.execute(fill)
        op.execute("ALTER TABLE disclosures ENABLE TRIGGER disclosures_append_only")
        return
    op.execute("DROP TRIGGER disclosures_no_update")
    op.execute(fill)
    op.execute(
        "CREATE TRIGGER disclosures_no_update BEFORE UPDATE ON disclosures "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )
