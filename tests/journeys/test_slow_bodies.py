"""Who sends a body more slowly than anybody would holds nothing of ours for it: raw sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from sqlalchemy import select

from app.models import LegalDocument, StoredFile, StoredFileChunk
from tests.support.legal import DOOR, asked
from tests.support.officers import OfficerPerson, add_agency, add_officer
from tests.support.people import add_staff
from tests.support.records import count
from tests.support.served import on_a_port
from tests.support.service import Service

pytestmark = pytest.mark.asyncio

LONG: Final = 1_000_000
"""Bytes that are announced, and never all sent."""
PDF: Final = "application/pdf"
JSON: Final = "application/json"
ASSESS: Final = "/v1/public/password-strength"


@asynccontextmanager
async def calling(
    address: str, path: str, media_type: str, officer: OfficerPerson | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which a POST of `LONG` bytes was begun: the head, and one byte of it."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", f"Content-Type: {media_type}"]
    head += [f"Content-Length: {LONG}"]
    if officer is not None:
        head += [f"Authorization: {officer.headers['Authorization']}"]
    writer.write("\r\n".join([*head, "", "%"]).encode())
    await writer.drain()
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer_on(reader: asyncio.StreamReader) -> tuple[bytes, dict[str, Any]]:
    """The head in lower case, and the problem; the server must hang up behind it."""
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    problem: dict[str, Any] = orjson.loads(body)
    return head.lower(), problem


async def upload_path(house: Service) -> tuple[str, OfficerPerson]:
    """Where an officer adds a file to a draft of theirs."""
    director = await add_staff(house.platform, "director")
    agency = await add_agency(house.platform, by=director.id)
    officer = await add_officer(house.platform, agency)
    draft = await house.client.post(DOOR, json=asked(), headers=officer.headers)
    assert draft.status_code == 201, draft.text
    path = f"{DOOR}/{draft.json()['id']}/documents?kind=order&name=oficio.pdf"
    return path, officer


async def nothing_is_kept(house: Service) -> bool:
    tables: tuple[Any, ...] = (StoredFile, StoredFileChunk, LegalDocument)
    return not any([await count(house.platform, table) for table in tables])


async def begun(house: Service, files: int) -> None:
    """So many uploads have come as far as their first byte."""
    waiting = select(StoredFile.id)
    while True:
        async with house.platform.database.snapshot() as connection:
            if len((await connection.execute(waiting)).all()) == files:
                return
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["file", "json"])
async def test_who_stops_sending_is_told_so_and_nothing_is_kept(
    database_url: str, tmp_path: Path, kind: str
) -> None:
    async with on_a_port(database_url, tmp_path, body_idle_seconds=0.3) as (house, address):
        path, officer = await upload_path(house)
        call = (path, PDF, officer) if kind == "file" else (ASSESS, JSON)
        async with calling(address, *call) as (reader, _):
            head, problem = await answer_on(reader)
        assert head.startswith(b"http/1.1 408")
        assert b"connection: close" in head
        assert b"content-type: application/problem+json" in head
        assert (problem["status"], problem["code"]) == (408, "body_too_slow")
        assert await nothing_is_kept(house)
        # The same officer, at an honest pace.
        sent = await house.client.post(
            path, content=b"%PDF-1.7", headers={**officer.headers, "Content-Type": PDF}
        )
        assert sent.status_code == 201, sent.text


async def test_a_byte_now_and_then_does_not_keep_a_body_open(
    database_url: str, tmp_path: Path
) -> None:
    async with on_a_port(database_url, tmp_path, body_seconds=0.5) as (house, address):
        path, officer = await upload_path(house)
        async with calling(address, path, PDF, officer) as (reader, writer):
            answered = asyncio.create_task(answer_on(reader))
            while not answered.done():  # far fewer than `LONG`, if there is a deadline
                writer.write(b"x")
                await asyncio.wait([answered], timeout=0.05)
            head, problem = await answered
        assert head.startswith(b"http/1.1 408")
        assert problem["code"] == "body_too_slow"
        assert await nothing_is_kept(house)


async def test_whoever_waits_for_bytes_holds_no_connection_of_the_database(
    database_url: str, tmp_path: Path
) -> None:
    async with on_a_port(database_url, tmp_path, database_pool=1) as (house, address):
        path, officer = await upload_path(house)
        stalled = 4
        async with asyncio.TaskGroup() as group:
            done = asyncio.Event()

            async def stall() -> None:
                async with calling(address, path, PDF, officer):
                    await done.wait()

            for _ in range(stalled):
                group.create_task(stall())
            await begun(house, stalled)
            read = await house.client.get(DOOR, headers=officer.headers)
            written = await house.client.post(DOOR, json=asked(), headers=officer.headers)
            assert (read.status_code, written.status_code) == (200, 201)
            done.set()
        await begun(house, 0)  # who hangs up leaves nothing behind either
        assert await nothing_is_kept(house)
