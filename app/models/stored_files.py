"""Files that are kept in the database, so that several machines share them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import UtcDateTime
from app.models.base import Base

_UNFINISHED = text("completed_at IS NULL OR deleted_at IS NOT NULL")


class StoredFile(Base):
    """A file. It exists for readers while `completed_at` is set and `deleted_at` is not.

    `bytes` and `sha256` (hex) are those of the whole content; they stay when it is deleted.
    """

    __tablename__ = "stored_files"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_stored_files_unfinished",
            "created_at",
            postgresql_where=_UNFINISHED,
            sqlite_where=_UNFINISHED,
        ),
    )


class StoredFileChunk(Base):
    """256 KiB of a file's content, the last one fewer, sealed; `number` counts from 0."""

    __tablename__ = "stored_file_chunks"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
