"""Asking whether a password has leaked: what is sent, and that no fault of the list blocks."""

import asyncio
import hashlib
import io
from collections.abc import Iterator

import pytest

from app.core import telemetry
from app.security.breached_passwords import LARGEST_ANSWER, BreachedPasswords
from tests.support.range_server import Answer, Dripping, listing, ok, range_server, response

LEAKED = "Trinta-e-3-vazados!"
DIGEST = hashlib.sha1(LEAKED.encode()).hexdigest().upper()  # noqa: S324 - the list's own way


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What the service logs."""
    lines = io.BytesIO()
    telemetry.configure(production=True, level="debug", stream=lines)
    yield lines
    telemetry.configure(production=False)


async def asked(url: str, password: str = LEAKED, seconds: float = 5) -> bool:
    list_ = BreachedPasswords(url, seconds=seconds)
    try:
        return await list_.contains(password)
    finally:
        await list_.close()


async def test_a_leaked_password_is_found_and_five_digits_are_all_that_is_told(
    log: io.BytesIO,
) -> None:
    async with range_server(listing(LEAKED)) as server:
        assert await asked(server.url)
        assert not await asked(server.url, "Outra-senha-9-limpa!")
        assert server.prefixes[0] == DIGEST[:5]
        assert DIGEST[5:] not in server.asked[0].upper()
        assert "add-padding: true" in server.asked[0].lower()
        assert LEAKED not in server.asked[0]
    assert log.getvalue() == b""


async def test_it_is_asked_as_it_is_typed_composed() -> None:
    async with range_server(listing("Três-vazamentos-3!")) as server:
        assert await asked(server.url, "Tre\u0302s-vazamentos-3!")


async def test_padding_is_no_leak() -> None:
    async with range_server(listing(LEAKED, times=0)) as server:
        assert not await asked(server.url)


async def test_a_list_in_lower_case_or_empty_is_a_list(log: io.BytesIO) -> None:
    async with range_server(lambda _: ok(f"{DIGEST[5:].lower()}:1\n".encode())) as server:
        assert await asked(server.url)
    async with range_server(lambda _: ok(b"")) as server:
        assert not await asked(server.url)
    assert log.getvalue() == b""


async def test_without_an_address_nobody_is_asked(log: io.BytesIO) -> None:
    assert not await asked("")
    assert log.getvalue() == b""


FAULTS: dict[str, Answer] = {
    "a page": lambda _: ok(b"<!doctype html><p>Manuten\xe7\xe3o</p>"),
    "a broken list": lambda _: ok(f"{DIGEST[5:]}:7\r\n{DIGEST}\r\n".encode()),
    "no number": lambda _: ok(f"{DIGEST[5:]}:muitas".encode()),
    "too many digits": lambda _: ok(f"{DIGEST[5:]}:{'9' * 5000}".encode()),
    "bytes": lambda _: ok(bytes(range(256))),
    "500": lambda _: response("500 Internal Server Error", f"{DIGEST[5:]}:7".encode()),
    "404": lambda _: response("404 Not Found"),
    "429": lambda _: response("429 Too Many Requests"),
    "elsewhere": lambda _: response("302 Found\r\nLocation: http://127.0.0.1:9/"),
    "no HTTP": lambda _: b"220 mail.exemplo.com.br ESMTP\r\n",
    "hung up": lambda _: b"",
    "cut off": lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n0018A:1",
    "without end": lambda _: ok(b"0" * (LARGEST_ANSWER + 1)),
    "bad zip": lambda _: response("200 OK\r\nContent-Encoding: gzip", b"no zip"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_of_the_list_blocks_nobody_and_leaves_one_line(
    fault: str, log: io.BytesIO
) -> None:
    async with range_server(FAULTS[fault]) as server:
        assert not await asked(server.url)
    told(log)


async def test_a_list_that_hangs_is_not_waited_for(log: io.BytesIO) -> None:
    async with range_server(lambda _: None) as server, asyncio.timeout(10):
        assert not await asked(server.url, seconds=0.5)  # making the client takes a tenth
        assert len(server.asked) == 1, "it was asked, and did not answer"
    told(log)


async def test_a_list_that_drips_is_not_waited_for(log: io.BytesIO) -> None:
    """The limit is for the whole answer, not for each of its pieces."""
    endless = Dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    async with range_server(lambda _: endless) as server, asyncio.timeout(10):
        assert not await asked(server.url, seconds=0.2)
    told(log)


async def test_a_list_that_is_away_blocks_nobody(log: io.BytesIO) -> None:
    async with range_server(listing()) as server:
        url = server.url
    assert not await asked(url)  # nobody listens there any more
    told(log)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "nonsense/", "http://127.0.0.1:8é/"])
async def test_an_address_that_is_none_blocks_nobody(url: str, log: io.BytesIO) -> None:
    assert not await asked(url)
    told(log)


async def test_text_that_is_no_unicode_cannot_have_leaked() -> None:
    async with range_server(listing(LEAKED)) as server:
        assert not await asked(server.url, "\ud800")
        assert server.asked == []


async def test_closing_twice_does_no_harm() -> None:
    list_ = BreachedPasswords("http://127.0.0.1:9/")
    await list_.close()
    await list_.close()


def told(log: io.BytesIO) -> None:
    """One warning, with nothing in it of what was asked."""
    [line] = log.getvalue().splitlines()
    assert b'"event":"breach_list_unavailable"' in line
    assert b'"level":"warning"' in line
    for secret in (DIGEST[:5], DIGEST[5:], LEAKED):
        assert secret.lower().encode() not in line.lower()
