"""The bare loop: aiosmtplib sending letters that lie ready, with no table and no template.

``python -m tests.bench.smtp_loop PORT CONNECTIONS SENDER FILE``: `FILE` holds one letter a line,
JSON, recipient and content.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import uvloop
from aiosmtplib import SMTP

Ready = tuple[str, bytes]


async def send_all(port: int, connections: int, sender: str, letters: Iterator[Ready]) -> None:
    """Every letter once, over so many connections at once."""

    async def one_connection() -> None:
        async with SMTP(
            hostname="127.0.0.1", port=port, local_hostname="bench.example", start_tls=False
        ) as client:
            for recipient, content in letters:
                await client.sendmail(sender, [recipient], content)

    await asyncio.gather(*(one_connection() for _ in range(connections)))


def main() -> None:
    """Read the letters, then send them."""
    port, connections, sender, file = sys.argv[1:]
    lines = Path(file).read_bytes().splitlines()
    letters = [(each["recipient"], each["content"].encode()) for each in map(orjson.loads, lines)]
    uvloop.run(send_all(int(port), int(connections), sender, iter(letters)))


if __name__ == "__main__":
    main()
