"""`app/services/stored_files.py`: a file appears whole or not at all, sealed, and goes for good."""

import hashlib
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update

from app.models import StoredFile, StoredFileChunk
from app.security.sealing import SealBroken
from app.services import stored_files
from app.services.stored_files import AT_ONCE, CHUNK, PATIENCE, FileGone, Stored, TooLong
from tests.support.records import rows
from tests.support.service import Service, serving

CONTENT = random.Random(5).randbytes(CHUNK * (AT_ONCE + 2) + 77)


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def blocks(content: bytes, size: int) -> AsyncGenerator[bytes, None]:
    for place in range(0, len(content), size):
        yield content[place : place + size]


async def written(house: Service, content: bytes = CONTENT, size: int = 50_000) -> Stored:
    return await stored_files.write(
        house.platform,
        purpose="test",
        name="file.bin",
        media_type="application/octet-stream",
        content=blocks(content, size),
    )


async def completed(house: Service, content: bytes = CONTENT, size: int = 50_000) -> Stored:
    file = await written(house, content, size)
    async with house.platform.database.transaction() as connection:
        await stored_files.complete(house.platform, connection, file)
    return file


async def whole(house: Service, file: Stored, start: int = 0) -> bytes:
    return b"".join([part async for part in stored_files.read(house.platform, file, start)])


async def chunks(house: Service, file_id: UUID) -> list[bytes]:
    statement = (
        select(StoredFileChunk.content)
        .where(StoredFileChunk.file_id == file_id)
        .order_by(StoredFileChunk.number)
    )
    return [row[0] for row in await rows(house.platform, statement)]


async def files(house: Service) -> list[StoredFile]:
    return await rows(house.platform, select(StoredFile.__table__))


async def forgotten(house: Service, file: Stored) -> None:
    async with house.platform.database.transaction() as connection:
        await stored_files.forget(house.platform, connection, file.id)


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (0, 1),
        (1, 1),
        (CHUNK, CHUNK),
        (CHUNK + 1, CHUNK),
        (len(CONTENT), 7 * CHUNK),
        (len(CONTENT), 50_000),
    ],
)
async def test_what_was_written_is_read(house: Service, length: int, size: int) -> None:
    content = CONTENT[:length]
    file = await completed(house, content, size)
    assert (file.bytes, file.sha256) == (length, hashlib.sha256(content).hexdigest())
    assert await stored_files.find(house.platform, file.id) == file
    assert await whole(house, file) == content
    assert [len(chunk) - 29 for chunk in await chunks(house, file.id)] == [
        min(CHUNK, length - place) for place in range(0, length, CHUNK)
    ]


@pytest.mark.parametrize("start", [1, CHUNK - 1, CHUNK, CHUNK + 1, len(CONTENT) - 1, len(CONTENT)])
async def test_reading_begins_anywhere(house: Service, start: int) -> None:
    file = await completed(house)
    assert await whole(house, file, start) == CONTENT[start:]


async def test_it_exists_from_the_end_of_the_callers_transaction_on(house: Service) -> None:
    file = await written(house)
    assert await stored_files.find(house.platform, file.id) is None
    with pytest.raises(FileGone):
        await whole(house, file)

    class Undone(Exception):
        pass

    with suppress(Undone):
        async with house.platform.database.transaction() as connection:
            await stored_files.complete(house.platform, connection, file)
            raise Undone
    assert await stored_files.find(house.platform, file.id) is None


async def test_the_content_is_sealed_to_its_file_and_place(house: Service) -> None:
    ours, theirs = await completed(house), await completed(house)
    stored = await chunks(house, ours.id)
    assert all(CONTENT[:64] not in chunk for chunk in stored)
    for file_id, number in ((ours.id, 1), (theirs.id, 0)):
        async with house.platform.database.transaction() as connection:
            await connection.execute(
                update(StoredFileChunk)
                .where(StoredFileChunk.file_id == file_id, StoredFileChunk.number == number)
                .values(content=stored[0])
            )
    for file in (ours, theirs):
        with pytest.raises(SealBroken):
            await whole(house, file)


async def test_a_chunk_that_is_missing_is_told(house: Service) -> None:
    file = await completed(house)
    last = delete(StoredFileChunk).where(
        StoredFileChunk.file_id == file.id, StoredFileChunk.number == AT_ONCE + 2
    )
    async with house.platform.database.transaction() as connection:
        await connection.execute(last)
    with pytest.raises(FileGone):
        await whole(house, file)


@pytest.mark.parametrize("broken", ["source", "limit"])
async def test_what_breaks_off_leaves_nothing(house: Service, broken: str) -> None:
    class Broken(Exception):
        pass

    async def breaking() -> AsyncGenerator[bytes, None]:
        async for block in blocks(CONTENT, CHUNK):
            yield block
        assert len(await files(house)) == 1  # written so far, and seen by nobody
        if broken == "source":
            raise Broken
        yield b"one more"

    with pytest.raises(Broken if broken == "source" else TooLong):
        await stored_files.write(
            house.platform,
            purpose="test",
            name="file.bin",
            media_type="application/octet-stream",
            content=breaking(),
            most=len(CONTENT),
        )
    assert await files(house) == []
    assert await rows(house.platform, select(StoredFileChunk.number)) == []


async def test_as_many_bytes_as_it_may_have_are_taken(house: Service) -> None:
    file = await stored_files.write(
        house.platform,
        purpose="test",
        name="file.bin",
        media_type="application/octet-stream",
        content=blocks(CONTENT, 50_000),
        most=len(CONTENT),
    )
    assert file.bytes == len(CONTENT)


async def test_what_a_crash_left_is_purged_a_day_later(house: Service) -> None:
    left, kept = await written(house), await completed(house)
    await stored_files.purge(house.platform)
    assert {file.id for file in await files(house)} == {left.id, kept.id}
    house.clock.ahead = PATIENCE + timedelta(minutes=1)
    await stored_files.purge(house.platform)
    assert [file.id for file in await files(house)] == [kept.id]
    assert await chunks(house, left.id) == []
    assert await whole(house, kept) == CONTENT
    with pytest.raises(FileGone):
        async with house.platform.database.transaction() as connection:
            await stored_files.complete(house.platform, connection, left)


async def test_what_was_deleted_leaves_its_hash_alone(house: Service) -> None:
    file, other = await completed(house), await completed(house)
    await forgotten(house, file)
    assert await stored_files.find(house.platform, file.id) is None
    with pytest.raises(FileGone):
        await whole(house, file)
    await stored_files.purge(house.platform)
    assert await chunks(house, file.id) == []
    row = {each.id: each for each in await files(house)}[file.id]
    assert (row.bytes, row.sha256, row.deleted_at is not None) == (file.bytes, file.sha256, True)
    assert await whole(house, other) == CONTENT
    await forgotten(house, file)  # once more: nothing changes
    assert {each.id: each for each in await files(house)}[file.id] == row


async def test_a_reader_is_told_when_the_file_goes_meanwhile(house: Service) -> None:
    file = await completed(house)
    reading = stored_files.read(house.platform, file)
    await anext(reading)
    await forgotten(house, file)
    with pytest.raises(FileGone):
        await anext(reading)


async def test_what_nobody_completes_is_abandoned_and_what_exists_is_not(house: Service) -> None:
    lost, kept = await written(house), await completed(house)
    for file in (lost, kept):
        await stored_files.abandon(house.platform, file)
    assert await chunks(house, lost.id) == []
    assert await rows(house.platform, select(StoredFile.id).where(StoredFile.id == lost.id)) == []
    assert await whole(house, kept) == CONTENT
