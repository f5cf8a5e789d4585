"""Packages that answer legal requests: what left, and what is kept of it (P6, P7)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime, json_value
from app.models.base import Base

_ALIVE = text("state <> 'deleted'")


class LegalPackage(Base):
    """One package, from its making to its end. A request has one at a time: the database says so.

    `state`: `making` (a worker is at it until `leased_until`, then another one may be), `made`,
    `released`, `downloaded`, `deleted` (the content; manifest, sizes and hashes stay). `zip_bytes`
    and `zip_sha256` are of the ZIP, `bytes` and `sha256` (hex) of what leaves, which is encrypted:
    to the sender's `key`, or to one of its own, of which `identity` is the private half, sealed,
    until the release; from then on `key_file`, sealed too, is that half behind a `passphrase` which
    was mailed and is kept nowhere. `reissues` is a list of ``{at, by, reason}``.
    """

    __tablename__ = "legal_packages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("legal_requests.id"))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("stored_files.id"))
    state: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(16))
    manifest: Mapped[Any] = mapped_column(json_value())
    identity: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_file: Mapped[bytes | None] = mapped_column(LargeBinary)
    zip_bytes: Mapped[int | None] = mapped_column(BigInteger)
    zip_sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    downloads: Mapped[int] = mapped_column(server_default=text("0"))
    reissues: Mapped[list[Any]] = mapped_column(json_value())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint(
            "state IN ('making', 'made', 'released', 'downloaded', 'deleted')", name="state"
        ),
        CheckConstraint("recipient IN ('key', 'passphrase')", name="recipient"),
        CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name="deleted"),
        CheckConstraint(
            "state NOT IN ('released', 'downloaded') OR (released_at IS NOT NULL"
            " AND expires_at IS NOT NULL)",
            name="released",
        ),
        Index(
            "ix_legal_packages_alive",
            "request_id",
            unique=True,
            postgresql_where=_ALIVE,
            sqlite_where=_ALIVE,
        ),
        Index(None, "request_id", "id"),
        Index(None, "expires_at"),
    )
