"""The mail server of the bench: aiosmtpd, in a process of its own, that counts what it takes.

``python -m tests.bench.smtp_sink PORT`` prints ``listening``. A number on its standard input is
answered, once so many letters have come, with a line of JSON about them; then it counts anew.
"""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any

from aiosmtpd.smtp import SMTP

PATIENCE = 120.0


class Sink:
    """Takes everything (aiosmtpd's handler)."""

    def __init__(self) -> None:
        self._ids: list[bytes] = []
        self._octets = 0
        self._first = self._last = 0.0

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Any
    ) -> str:
        """Note the letter, which begins with its ``Message-ID``."""
        self._last = perf_counter()
        self._first = self._first or self._last
        self._ids.append(envelope.content.partition(b"\r\n")[0])
        self._octets += len(envelope.content)
        return "250 OK"

    async def taken(self, letters: int) -> dict[str, float]:
        """Wait for so many; letters, different ``Message-ID``, octets, seconds first to last."""
        async with asyncio.timeout(PATIENCE):
            while len(self._ids) < letters:  # noqa: ASYNC110 - it is not to cost each letter
                await asyncio.sleep(0.05)
        told = {
            "letters": len(self._ids),
            "different": len(set(self._ids)),
            "octets": self._octets,
            "seconds": self._last - self._first,
        }
        self._ids, self._octets, self._first = [], 0, 0.0
        return told


async def serve(port: int) -> None:
    """Until the standard input ends."""
    loop = asyncio.get_running_loop()
    sink = Sink()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="bench.example", ident="sink"), "127.0.0.1", port
    )
    print("listening", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await sink.taken(int(line))), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
