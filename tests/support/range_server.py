"""A list of leaked passwords on loopback, over real sockets, as well behaved as a test wants it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dripping:
    """An answer that begins like this, and goes on byte by byte until the caller gives up."""

    head: bytes


Answer = Callable[[str], bytes | Dripping | None]
"""From the prefix asked for to the bytes of a whole HTTP answer; None keeps the caller waiting."""


@dataclass(slots=True)
class RangeServer:
    """`url` is what `BreachedPasswords` takes; `asked` holds the head of each request."""

    url: str
    answer: Answer
    asked: list[str] = field(default_factory=list)

    @property
    def prefixes(self) -> list[str]:
        """What was asked for."""
        return [head.split(" ")[1].rpartition("/")[2] for head in self.asked]


@asynccontextmanager
async def range_server(answer: Answer) -> AsyncIterator[RangeServer]:
    """Answers each connection's one request, until the end of the block."""
    serving = RangeServer("", answer)
    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            serving.asked.append(head)
            await _give(serving.answer(serving.prefixes[-1]), reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    serving.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/range/"
    try:
        yield serving
    finally:
        server.close()
        for writer in talks.values():  # whoever still waits for a caller is woken by it
            writer.close()
        await asyncio.gather(*talks)
        await server.wait_closed()


async def _give(
    answer: bytes | Dripping | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    if answer is None:
        await reader.read()  # until the caller gives up
    elif isinstance(answer, bytes):
        writer.write(answer)
        await writer.drain()
    else:
        writer.write(answer.head)
        while not writer.is_closing():
            writer.write(b"0")
            await writer.drain()
            await asyncio.sleep(0.01)


def listing(*passwords: str, times: int = 3) -> Answer:
    """The usual answer: those of the passwords that have the prefix, and padding."""
    digests = [
        hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        for password in passwords
    ]

    def answer(prefix: str) -> bytes:
        lines = [f"{d[5:]}:{times}" for d in digests if d.startswith(prefix)]
        lines += [f"{place:035X}:0" for place in range(20)]
        return ok("\r\n".join(lines).encode())

    return answer


def ok(body: bytes) -> bytes:
    """A whole HTTP answer."""
    return response("200 OK", body)


def response(status: str, body: bytes = b"") -> bytes:
    """A whole HTTP answer with any status."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
