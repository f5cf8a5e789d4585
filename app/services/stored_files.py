"""Files in the database: written and read as streams, sealed at rest, shared by all machines.

A file appears whole or not at all: its chunks are written in transactions of their own, and nobody
sees it before `complete`, which its writer calls in the transaction that the file belongs to.
What a crash leaves behind is purged a day later. The content is sealed chunk by chunk, each bound
to its file and place: none can be put in another's stead. What was deleted leaves its name, size
and hash, for that something was there must stay provable.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import Dialect, Integer, Uuid, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.statements import Prepared, bound, prepare
from app.core.telemetry import logger
from app.models import StoredFile, StoredFileChunk, table_of
from app.security.sealing import Sealer
from app.services.platform import Platform

CHUNK: Final = 256 * 1024
"""Bytes of the content in a row."""
AT_ONCE: Final = 16
"""Chunks that are written, or deleted, in one transaction."""
PATIENCE: Final = timedelta(days=1)
"""How long a file may take to be written: then it is taken for left behind."""


class TooLong(Exception):
    """The content is longer than it may be; nothing of it is kept."""


class FileGone(Exception):
    """The file, or some of its content, is not there, or not what was written."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose content is all there. Nobody sees it before `complete`."""

    id: UUID
    purpose: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    """Of the content, in hexadecimal digits."""


async def write(
    platform: Platform,
    *,
    purpose: str,
    name: str,
    media_type: str,
    content: AsyncIterator[bytes],
    most: int | None = None,
) -> Stored:
    """Take in a content of any length, or of `most` bytes; some 4 MiB of it are held at a time.

    Raises `TooLong`, and whatever `content` does; then nothing of it is kept. Not for use inside a
    transaction: on SQLite the two writers would wait for each other.
    """
    file_id = new_id()
    row = {"id": file_id, "purpose": purpose, "name": name, "media_type": media_type}
    async with platform.database.transaction() as connection:
        await connection.execute(insert(StoredFile).values(**row, created_at=platform.clock()))
    try:
        size, digest = await _take_in(platform, file_id, content, most)
    except BaseException:
        await _discard(platform, file_id)
        raise
    return Stored(file_id, purpose, name, media_type, size, digest)


async def complete(platform: Platform, connection: AsyncConnection, file: Stored) -> None:
    """Let the file exist, from the end of the caller's transaction on.

    Raises `FileGone` for one that was purged meanwhile.
    """
    statement = (
        update(StoredFile)
        .where(StoredFile.id == file.id, StoredFile.completed_at.is_(None))
        .values(bytes=file.bytes, sha256=file.sha256, completed_at=platform.clock())
        .returning(StoredFile.id)
    )
    if (await connection.execute(statement)).first() is None:
        raise FileGone


async def abandon(platform: Platform, file: Stored) -> None:
    """Give up a file that was never completed: its content goes now, not at `purge`'s turn.

    A file that exists is left alone. Not for use inside a transaction.
    """
    statement = (
        update(StoredFile)
        .where(StoredFile.id == file.id, StoredFile.completed_at.is_(None))
        .values(deleted_at=platform.clock())
        .returning(StoredFile.id)
    )
    async with platform.database.transaction() as connection:
        unfinished = (await connection.execute(statement)).first() is not None
    if unfinished:
        await _discard(platform, file.id)


async def find(platform: Platform, file_id: UUID) -> Stored | None:
    """The file of that id, unless it is incomplete or deleted."""
    statement = _found(platform.database.dialect)
    for row in await platform.database.fetch(statement, {"id": file_id}):
        return Stored(*row)
    return None


async def read(platform: Platform, file: Stored, start: int = 0) -> AsyncGenerator[bytes, None]:
    """The content from byte `start` on, a chunk at a time; no transaction is held open.

    Raises `FileGone` when it is deleted meanwhile, and `SealBroken` for a chunk that is not what
    was written.
    """
    statement = _chunk(platform.database.dialect)
    for number in range(start // CHUNK, -(-file.bytes // CHUNK)):
        values = {"file_id": file.id, "number": number}
        rows = await platform.database.fetch(statement, values)
        if not rows:
            raise FileGone
        content = platform.file_sealer.open(rows[0][0], _place(file.id, number))
        if len(content) != min(CHUNK, file.bytes - number * CHUNK):
            raise FileGone
        yield content[max(0, start - number * CHUNK) :]


async def forget(platform: Platform, connection: AsyncConnection, file_id: UUID) -> None:
    """Delete the file in the caller's transaction: gone for readers when that ends, and its
    content at `purge`'s next turn. Its name, size and hash stay."""
    await connection.execute(
        update(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.deleted_at.is_(None))
        .values(deleted_at=platform.clock())
    )


async def purge(platform: Platform) -> None:
    """Delete the content of files that were deleted, and all of those never completed."""
    with_content = exists().where(StoredFileChunk.file_id == StoredFile.id)
    unfinished = (
        select(StoredFile.id, StoredFile.deleted_at)
        .where(
            or_(StoredFile.completed_at.is_(None), StoredFile.deleted_at.is_not(None)),
            or_(
                StoredFile.deleted_at.is_not(None) & with_content,
                StoredFile.deleted_at.is_(None)
                & (StoredFile.created_at < platform.clock() - PATIENCE),
            ),
        )
        .order_by(StoredFile.created_at)
    )
    async with platform.database.transaction() as connection:
        found = (await connection.execute(unfinished)).all()
    for file in found:
        await _empty(platform, file.id)
        if file.deleted_at is None:
            logger.warning("stored_file_left_behind", file=str(file.id))
            await _remove(platform, file.id)


async def _take_in(
    platform: Platform, file_id: UUID, content: AsyncIterator[bytes], most: int | None
) -> tuple[int, str]:
    whole, size = hashlib.sha256(), 0
    chunks = _Chunks()
    numbered: list[tuple[int, bytes]] = []
    async for block in content:
        size += len(block)
        if most is not None and size > most:
            raise TooLong
        whole.update(block)
        numbered += chunks.add(block)
        if len(numbered) >= AT_ONCE:
            await _insert(platform, file_id, numbered)
            numbered = []
    await _insert(platform, file_id, [*numbered, *chunks.rest()])
    return size, whole.hexdigest()


class _Chunks:
    """Cuts blocks of any length into chunks of one."""

    def __init__(self) -> None:
        self._number = 0
        self._begun = bytearray()

    def add(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """The chunks that are complete with it, numbered."""
        self._begun += block
        while len(self._begun) >= CHUNK:
            yield self._number, bytes(self._begun[:CHUNK])
            del self._begun[:CHUNK]
            self._number += 1

    def rest(self) -> Iterator[tuple[int, bytes]]:
        """The last one, if anything is left."""
        if self._begun:
            yield self._number, bytes(self._begun)


async def _insert(platform: Platform, file_id: UUID, numbered: list[tuple[int, bytes]]) -> None:
    if not numbered:
        return
    sealer: Sealer = platform.file_sealer
    rows = [
        {
            "file_id": file_id,
            "number": number,
            "content": sealer.seal(content, _place(file_id, number)),
        }
        for number, content in numbered
    ]
    async with platform.database.transaction() as connection:
        await connection.execute(insert(table_of(StoredFileChunk)), rows)


def _place(file_id: UUID, number: int) -> bytes:
    return b"stored_file_chunks.content:" + file_id.bytes + number.to_bytes(8)


async def _discard(platform: Platform, file_id: UUID) -> None:
    """Undo a writing that failed. If that fails too, `purge` does it tomorrow."""
    try:
        await _empty(platform, file_id)
        await _remove(platform, file_id)
    except Exception as error:  # the first failure is what the caller must hear of
        logger.warning("stored_file_not_discarded", file=str(file_id), kind=type(error).__name__)


async def _empty(platform: Platform, file_id: UUID) -> None:
    some = select(StoredFileChunk.number).where(StoredFileChunk.file_id == file_id).limit(AT_ONCE)
    statement = (
        delete(StoredFileChunk)
        .where(StoredFileChunk.file_id == file_id, StoredFileChunk.number.in_(some))
        .returning(StoredFileChunk.number)
    )
    gone = AT_ONCE
    while gone == AT_ONCE:
        async with platform.database.transaction() as connection:
            gone = len((await connection.execute(statement)).all())


async def _remove(platform: Platform, file_id: UUID) -> None:
    statement = delete(StoredFile).where(
        StoredFile.id == file_id, StoredFile.completed_at.is_(None)
    )
    async with platform.database.transaction() as connection:
        await connection.execute(statement)


@lru_cache(maxsize=4)
def _found(dialect: Dialect) -> Prepared:
    file = table_of(StoredFile)
    names = ("id", "purpose", "name", "media_type", "bytes", "sha256")
    there = (file.c.completed_at.is_not(None), file.c.deleted_at.is_(None))
    same = file.c.id == bound("id", Uuid())
    return prepare(select(*(file.c[name] for name in names)).where(same, *there), dialect)


@lru_cache(maxsize=4)
def _chunk(dialect: Dialect) -> Prepared:
    chunk, file = table_of(StoredFileChunk), table_of(StoredFile)
    statement = (
        select(chunk.c.content)
        .join(file, file.c.id == chunk.c.file_id)
        .where(
            chunk.c.file_id == bound("file_id", Uuid()),
            chunk.c.number == bound("number", Integer()),
            file.c.completed_at.is_not(None),
            file.c.deleted_at.is_(None),
        )
    )
    return prepare(statement, dialect)
