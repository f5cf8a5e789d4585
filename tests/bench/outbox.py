"""W5: the outbox drained into a real mail server, against a bare aiosmtplib loop.

The mail server has one core to itself. On the other there is, in turn, all of ours (worker and
PostgreSQL) or the bare loop, with the same letters, as many connections, and nothing to look up.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from app.models import OutboxMessage
from app.services.mail_transport import sender
from app.services.outbox_leases import Claimed
from app.services.outbox_letters import letter_of
from tests.bench.cores import Cores
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.trials import BenchBroken
from tests.support.mails import mail, post
from tests.support.room import ROOT

MAILS = 20_000
QUEUED_AT_ONCE = 500
TEMPLATE = "intervention"
AS_BEFORE = ("TRUNCATE outbox_messages",)
FILLED = ("VACUUM (ANALYZE) outbox_messages", "CHECKPOINT")
SENT = "SELECT count(*) FROM outbox_messages WHERE state = 'sent' AND attempts = 1"


async def measure(ground: Ground, cores: Cores, rounds: int) -> list[Figure]:
    """Mails a second from the first to the last that arrives, ours and bare in turn."""
    ours: list[float] = []
    bare: list[float] = []
    with mail_server(cores, ground.folder / "sink.log") as server:
        for _ in range(rounds):
            letters = await filled(ground)
            ours.append(await drained(ground, cores, server))
            bare.append(await sent_bare(ground, cores, server, letters))
    return [
        compare("W5 drain of the outbox", "mails/s", ours, "bare aiosmtplib", bare, at_least=0.8)
    ]


class MailServer:
    """The sink's process, and how to ask it."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port = port
        self._process = process

    async def rate(self, name: str) -> float:
        """Mails a second, once all are there. Raises `BenchBroken` unless each came once."""
        told = await asyncio.to_thread(self._ask)
        if (told["letters"], told["different"]) != (MAILS, MAILS):
            raise BenchBroken(f"{name}: {told} arrived, not {MAILS} mails once each")
        return float((MAILS - 1) / told["seconds"])

    def _ask(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d\n" % MAILS)
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchBroken("the mail server gave up waiting for mails")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def mail_server(cores: Cores, log: Path) -> Iterator[MailServer]:
    """aiosmtpd alone on the core of servers under test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with log.open("wb") as errors, cores.starting_on(cores.server):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.smtp_sink", str(port)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens
        yield MailServer(port, process)
    finally:
        process.communicate()  # closes its input, and it ends


async def filled(ground: Ground) -> Path:
    """Queue the mails as the service does; the same letters, composed, for the bare loop."""
    platform = ground.platform
    for statement in AS_BEFORE:
        await ground.sql.execute(statement)
    for first in range(0, MAILS, QUEUED_AT_ONCE):
        addresses = (f"cliente{n}@exemplo.com.br" for n in range(first, first + QUEUED_AT_ONCE))
        options: dict[str, Any] = {"template": TEMPLATE, "batch": "bench"}
        await post(platform, *(mail(platform, address, **options) for address in addresses))
    for statement in FILLED:
        await ground.sql.execute(statement)
    columns = [getattr(OutboxMessage, name) for name in Claimed.__slots__]
    async with platform.database.snapshot() as connection:
        rows = (await connection.execute(select(*columns))).mappings().all()
    who = sender(platform.settings)
    letters = (letter_of(platform, who, Claimed(**row)) for row in rows)
    file = ground.folder / "letters.jsonl"
    file.write_bytes(
        b"\n".join(
            orjson.dumps({"recipient": each.recipient, "content": each.content.decode("ascii")})
            for each in letters
        )
    )
    return file


async def drained(ground: Ground, cores: Cores, server: MailServer) -> float:
    """Mails a second of a worker as an operator starts it."""
    settings = ground.platform.settings
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SALVAGUARDA")},
        **ground.environment,
        "SALVAGUARDA_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "SALVAGUARDA_MAIL_FROM": sender(settings).address,
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", "worker"]
    with (ground.folder / "worker.log").open("wb") as log, cores.starting_on(cores.others):
        worker = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
            command, cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        rate = await server.rate("ours")
    finally:
        worker.send_signal(signal.SIGTERM)
        await asyncio.to_thread(worker.wait, 60)
    if worker.returncode or await ground.sql.fetchval(SENT) != MAILS:
        log_text = (ground.folder / "worker.log").read_text(errors="replace")
        raise BenchBroken(f"the worker ended with {worker.returncode}: {log_text[-2000:]}")
    return rate


async def sent_bare(ground: Ground, cores: Cores, server: MailServer, letters: Path) -> float:
    """Mails a second of the bare loop."""
    settings = ground.platform.settings
    arguments = [server.port, settings.smtp_connections, sender(settings).address, letters]
    command = [sys.executable, "-m", "tests.bench.smtp_loop", *map(str, arguments)]
    with cores.starting_on(cores.others):
        loop = subprocess.Popen(command, cwd=ROOT)  # noqa: ASYNC220 - it starts at once
    try:
        return await server.rate("the bare loop")
    finally:
        await asyncio.to_thread(loop.wait, 60)
