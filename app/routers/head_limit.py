"""HTTP/1.1 as uvicorn reads it, with bounds on what it would otherwise keep or wait for.

httptools keeps a request's address and headers however long they grow, and uvicorn waits without
end for the rest of a request, or for the first one. `serve` puts this class in its place.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core import telemetry
from app.core.networks import network_of
from app.routers.problems import problem_response

HEAD_LIMIT: Final = 32 * 1024
"""Bytes of a request's first line and headers, or of what follows its body, that always pass."""

PATIENCE: Final = 15.0
"""Seconds. Who sends nothing, or not the whole of a request, is left after one to two of these."""

LINGER: Final = 1.0
"""Seconds in which a refused caller may read why: closing at once would throw the answer away."""

_PORTION: Final = 4 * 1024


class BoundedHttpProtocol(HttpToolsProtocol):
    """Refuses heads beyond `HEAD_LIMIT` with 431, and leaves callers who keep it waiting.

    A head is measured by the portions in which it is read, so up to two portions more may pass.
    """

    _measured = 0  # bytes since the portion in which the request, or a piece of its body, came
    _looked_at: object = None  # the request that was waited for when the patience was last tried
    _timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._timer = self.loop.call_later(PATIENCE, self._try_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()  # it would keep the request in memory
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Have `data` read, unless the head that it belongs to is too large by now."""
        if len(data) > _PORTION:
            for start in range(0, len(data), _PORTION):
                if not self.transport.is_closing() and self.parser is not None:
                    self.data_received(data[start : start + _PORTION])
            return
        request = self.scope
        super().data_received(data)
        if self.scope is not request:
            self._measured = 0
            return
        self._measured += len(data)
        if self._measured > HEAD_LIMIT and not self.transport.is_closing():
            self._refuse()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body; the portion that it came in counts as no head."""
        self._measured = -_PORTION
        super().on_body(body)

    def _refuse(self) -> None:
        telemetry.logger.warning("request_head_too_large", network=network_of(self.client))
        cycle = self.cycle
        if cycle is None or (cycle.response_complete and cycle.scope is not self.scope):
            # Otherwise an answer is on its way, or this request has had its own.
            self.transport.write(self._refusal())
        # Nothing more reaches this protocol, which must not be counted as a connection any longer.
        self.connection_lost(ConnectionAbortedError())
        self.transport.set_protocol(asyncio.Protocol())  # drops what it is given
        self.loop.call_later(LINGER, self.transport.close)

    def _refusal(self) -> bytes:
        scope: dict[str, Any] = {"method": "GET", "headers": self.headers or []}
        answer = problem_response(
            scope,
            "request_head_too_large",
            params={"limit": HEAD_LIMIT},
            headers={"Connection": "close", "Cache-Control": "no-store"},
        )
        head = [*self.server_state.default_headers, *answer.raw_headers]
        lines = [STATUS_LINE[answer.status_code], *(b"%b: %b\r\n" % pair for pair in head)]
        return b"".join([*lines, b"\r\n", bytes(answer.body)])

    def _try_patience(self) -> None:
        """Leave the caller if we waited for the same request the last time, and still do."""
        waiting = self._is_waiting()
        if waiting and self.scope is self._looked_at:
            self.transport.close()
            return
        self._looked_at = self.scope if waiting else None
        self._timer = self.loop.call_later(PATIENCE, self._try_patience)

    def _is_waiting(self) -> bool:
        """Whether it is the caller's turn: to begin a request, or to go on with one."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        return bool(cycle.more_body) and not self.flow.read_paused
