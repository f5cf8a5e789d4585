"""The load generator: keep-alive HTTP/1.1 on bare sockets, lean enough to share a core.

Every answer's status is looked at, and its request id kept: the audit log must have each of them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

Request = Callable[[], bytes]
"""Makes the next request, whole."""

_ID = b"x-request-id: "
_LENGTH = b"content-length: "
_WELL = frozenset({b"200", b"201"})


@dataclass
class Tally:
    """What came back: how long each answer took (seconds), under which id, and what was refused."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    last_body: bytes = b""

    @property
    def answered(self) -> int:
        """How many answers that went well."""
        return len(self.ids)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    def percentile(self, share: float) -> float:
        """The latency (seconds) that `share` of the answers stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Line(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, tells `done`."""

    def __init__(self, tally: Tally, done: Callable[["_Line"], None]) -> None:
        self._tally = tally
        self._done = done
        self._buffer = b""
        self._asked_at = 0.0
        self.lost = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes, since: float) -> None:
        """Send a request that was due at `since`."""
        assert self._transport is not None
        self._asked_at = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = buffer.index(_LENGTH) + len(_LENGTH)
        body = end + 4
        if len(buffer) < body + int(buffer[at : buffer.index(b"\r", at)]):
            return
        self._buffer = b""
        tally = self._tally
        tally.latencies.append(perf_counter() - self._asked_at)
        if buffer[9:12] in _WELL:
            at = buffer.index(_ID) + len(_ID)
            tally.ids.append(buffer[at : buffer.index(b"\r", at)])
            tally.last_body = buffer[body:]
        else:
            tally.refused.append(buffer)
        self._done(self)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(error)

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.close()


async def keep_asking(port: int, request: Request, connections: int, seconds: float) -> Tally:
    """Closed loop: each connection asks again once it is answered; all answers are awaited."""
    tally = Tally()
    finished = asyncio.get_running_loop().create_future()
    asking = connections
    stop_at = perf_counter() + seconds

    def again(line: _Line) -> None:
        nonlocal asking
        now = perf_counter()
        if now < stop_at:
            line.ask(request(), now)
            return
        asking -= 1
        if asking == 0 and not finished.done():
            finished.set_result(None)

    async with _lines(port, tally, again, connections) as lines:
        started = perf_counter()
        stop_at = started + seconds
        for line in lines:
            line.ask(request(), perf_counter())
        await _unless_lost(finished, lines)
        tally.seconds = perf_counter() - started
    return tally


async def ask_steadily(
    port: int, request: Request, rate: float, seconds: float, *, connections: int = 16
) -> Tally:
    """Open loop: `rate` requests a second, however long answers take; all answers are awaited.

    A latency counts from the moment the request was due, so waiting for a connection is in it.
    """
    tally = Tally()
    free: deque[_Line] = deque()
    due: deque[float] = deque()
    waiting = 0

    def ready(line: _Line) -> None:
        nonlocal waiting
        waiting -= 1
        if due:
            waiting += 1
            line.ask(request(), due.popleft())
        else:
            free.append(line)

    async with _lines(port, tally, ready, connections) as lines:
        free.extend(lines)
        started = perf_counter()
        sent = 0
        while (now := perf_counter()) - started < seconds:
            # The loop's timers are coarse: all that became due since the last look goes now.
            while sent < (now - started) * rate:
                sent += 1
                if free:
                    waiting += 1
                    free.popleft().ask(request(), now)
                else:
                    due.append(now)
            await asyncio.sleep(1 / rate)
        while waiting or due:
            await asyncio.sleep(0.005)
            if any(line.lost.done() for line in lines):
                raise ConnectionError("the server hung up")
        tally.seconds = perf_counter() - started
    return tally


@asynccontextmanager
async def _lines(
    port: int, tally: Tally, done: Callable[[_Line], None], connections: int
) -> AsyncIterator[list[_Line]]:
    loop = asyncio.get_running_loop()
    lines = [
        (await loop.create_connection(lambda: _Line(tally, done), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


async def _unless_lost(finished: asyncio.Future[None], lines: list[_Line]) -> None:
    """Wait for `finished`; raises `ConnectionError` when a server hangs up on us before."""
    await asyncio.wait([finished, *(line.lost for line in lines)], return_when="FIRST_COMPLETED")
    if not finished.done():
        raise ConnectionError("the server hung up")
