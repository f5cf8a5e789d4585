"""The mail server of the bench: aiosmtpd, in a process of its own, that counts what it takes.

``python -m tests.bench.smtp_sink PORT`` prints ``listening``. For each line on its standard input
it prints a line of JSON, `Taken`, about the letters since the last one.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass(slots=True)
class Taken:
    """Letters, how many different ``Message-ID`` they bore, bytes, and first to last in seconds."""

    letters: int
    different: int
    octets: int
    seconds: float


class Sink:
    """Takes everything (aiosmtpd's handler)."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.octets = 0
        self.first = self.last = 0.0

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Any
    ) -> str:
        """Note the letter, which begins with its ``Message-ID``."""
        self.last = perf_counter()
        self.first = self.first or self.last
        self.ids.append(envelope.content.partition(b"\r\n")[0])
        self.octets += len(envelope.content)
        return "250 OK"

    def taken(self) -> Taken:
        """What came since the last time."""
        taken = Taken(len(self.ids), len(set(self.ids)), self.octets, self.last - self.first)
        self.__init__()  # type: ignore[misc]  # anew
        return taken


async def serve(port: int) -> None:
    """Until the standard input ends."""
    loop = asyncio.get_running_loop()
    sink = Sink()
    await loop.create_server(
        lambda: SMTP(sink, hostname="bench.example", ident="sink"), "127.0.0.1", port
    )
    print("listening", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(asdict(sink.taken())), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
