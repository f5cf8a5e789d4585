"""What a server of ours reads of a request's head, and how long it waits: over real sockets."""

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from app.core.messages import PROBLEMS
from app.routers import head_limit
from app.routers.head_limit import HEAD_LIMIT, BoundedHttpProtocol

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def measure(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of the body; to /early before it came, to /late after a while."""
    request = Request(scope, receive)
    if scope["path"] == "/late":
        await asyncio.sleep(0.5)
    length = 0 if scope["path"] == "/early" else len(await request.body())
    await PlainTextResponse(str(length))(scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where `measure` is served; that `salvaguarda serve` does it so is for tests/test_cli.py."""
    config = uvicorn.Config(measure, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedHttpProtocol(config, state, {}), "127.0.0.1"
    )
    yield server.sockets[0].getsockname()[1]
    server.close()
    for connection in state.connections:
        connection.shutdown()
    await server.wait_closed()


@pytest.fixture
async def streams(port: int) -> AsyncIterator[Streams]:
    async with connected(port) as streams:
        yield streams


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """The next answer on the connection."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
    first, *lines = head.split("\r\n")[:-2]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return int(first.split()[1]), headers, body


async def bodies(streams: Streams, sent: bytes, count: int) -> list[str]:
    reader, writer = streams
    writer.write(sent)
    answers = [await answer(reader) for _ in range(count)]
    assert all(status == 200 for status, _, _ in answers)
    return [body.decode() for _, _, body in answers]


async def is_closed(reader: asyncio.StreamReader, seconds: float) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), seconds) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    "head",
    [
        GET + b"A: b\r\n" * 200_000,
        GET + b"Cookie: " + b"x" * 1_000_000,
        b"GET /?" + b"a=&" * 300_000,
        b"\r\n" * 500_000,
        GET + b"A: " + b"x" * 60_000 + b"\r\n\r\n",
        GET + b"\r\n" + GET + b"A: " + b"x" * 60_000,
    ],
    ids=["many", "long", "address", "nothing", "whole", "second"],
)
async def test_a_head_beyond_the_limit_is_refused(streams: Streams, head: bytes) -> None:
    reader, writer = streams
    if head.count(GET) == 2:
        writer.write(GET + b"\r\n")
        assert (await answer(reader))[0] == 200
        head = head.removeprefix(GET + b"\r\n")
    writer.write(head)
    status, headers, body = await answer(reader)
    assert (status, headers["connection"]) == (431, "close")
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    document = json.loads(body)
    assert (document["status"], document["code"]) == (431, "request_head_too_large")
    title = PROBLEMS["request_head_too_large"]["pt-BR"].title
    assert (document["title"], headers["content-language"]) == (title, "pt-BR")
    assert str(HEAD_LIMIT) in document["detail"]
    assert await is_closed(reader, 5)


async def test_it_is_refused_in_the_callers_language(streams: Streams) -> None:
    reader, writer = streams
    writer.write(GET + b"Accept-Language: en\r\n" + b"A: b\r\n" * 10_000)
    _, headers, _ = await answer(reader)
    assert headers["content-language"] == "en"


async def test_a_head_within_the_limit_passes_at_any_pace(streams: Streams) -> None:
    large = GET + b"A: " + b"x" * (HEAD_LIMIT - len(GET) - 7) + b"\r\n\r\n"
    assert len(large) == HEAD_LIMIT
    for _ in range(3):
        assert await bodies(streams, large, 1) == ["0"]
    for start in range(0, len(large), 5000):
        streams[1].write(large[start : start + 5000])
        await asyncio.sleep(0.005)
    assert await bodies(streams, b"", 1) == ["0"]


async def test_requests_in_a_row_are_not_added_up(streams: Streams) -> None:
    head = GET + b"A: " + b"x" * 3000 + b"\r\n\r\n"
    assert await bodies(streams, head * 40, 40) == ["0"] * 40


async def test_bodies_do_not_count(streams: Streams) -> None:
    posted = POST % 1_000_000 + b"x" * 1_000_000
    assert await bodies(streams, posted * 2 + GET + b"\r\n", 3) == ["1000000", "1000000", "0"]
    pieces = b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
    assert await bodies(streams, CHUNKED + pieces, 1) == ["50000"]


async def test_what_follows_a_body_is_bounded_too(streams: Streams) -> None:
    reader, writer = streams
    assert await bodies(streams, CHUNKED + b"1\r\nx\r\n0\r\nA: b\r\n\r\n", 1) == ["1"]
    writer.write(CHUNKED + b"1\r\nx\r\n0\r\n" + b"A: b\r\n" * 100_000)
    assert await is_closed(reader, 5)  # without a word: an answer may be on its way


async def test_who_had_an_answer_gets_no_second_one(streams: Streams) -> None:
    reader, writer = streams
    early = CHUNKED.replace(b" / ", b" /early ")
    assert await bodies(streams, early, 1) == ["0"]
    writer.write(b"1\r\nx\r\n0\r\n" + b"A: b\r\n" * 100_000)
    assert await is_closed(reader, 5)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /",
        GET + b"A: b",
        POST % 10 + b"{",
        CHUNKED + b"5\r\nx",
        GET + b"\r\n" + GET,
        (POST % 10).replace(b" / ", b" /early "),
    ],
    ids=["silence", "line", "head", "body", "chunk", "second", "answered"],
)
async def test_who_does_not_go_on_is_left(
    monkeypatch: pytest.MonkeyPatch, port: int, begun: bytes
) -> None:
    monkeypatch.setattr(head_limit, "PATIENCE", 0.2)
    started = time.monotonic()
    async with connected(port) as (reader, writer):
        writer.write(begun)
        if begun.startswith(GET + b"\r\n") or b"/early" in begun:
            await answer(reader)
        assert await is_closed(reader, 5)
    assert 0.15 < time.monotonic() - started < 30


async def test_dripping_does_not_help(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(head_limit, "PATIENCE", 0.2)
    async with connected(port) as (reader, writer):
        writer.write(GET)

        async def drip() -> None:
            while True:
                writer.write(b"A: b\r\n")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await is_closed(reader, 1)
        dripping.cancel()


async def test_who_waits_for_us_is_not_left(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(head_limit, "PATIENCE", 0.1)
    late = b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n"
    async with connected(port) as streams:
        # The second is half-sent, but it is we who let the first one wait.
        assert await bodies(streams, late + GET, 1) == ["0"]
        assert await bodies(streams, b"\r\n", 1) == ["0"]
        for _ in range(10):  # busy for longer than our patience, with another request each time
            assert await bodies(streams, GET + b"\r\n", 1) == ["0"]
            await asyncio.sleep(0.03)


async def test_a_connection_that_ended_is_not_kept_in_memory(port: int) -> None:
    before = len(pending())
    for _ in range(20):
        async with connected(port) as (reader, writer):
            writer.write(GET + b"Connection: close\r\n\r\n")
            await reader.read()
    assert len(pending()) <= before


def pending() -> list[BoundedHttpProtocol]:
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, BoundedHttpProtocol)]
