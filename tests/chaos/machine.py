"""The service as it runs in earnest, for being killed: PostgreSQL, a server, workers, real mail.

Every part is a process of its own, started as an operator would (`salvaguarda serve`,
`salvaguarda worker`), and can be killed (SIGKILL) and started again.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import EmbeddedPostgres
from tests.support.room import ROOT

PROGRAM = """
import sys
from datetime import timedelta
from pathlib import Path
import app.core.clock as clock

ahead, real = Path(sys.argv.pop(1)), clock.system_clock
clock.system_clock = lambda: real() + timedelta(seconds=float(ahead.read_text()))

from app.services import incident_work
incident_work.BATCH = int(sys.argv.pop(1))

from app.cli import main
main()
"""
"""The program itself, with small batches, so that there is much to be cut in two, and on a clock
that can be set ahead, so that nobody needs to wait for a lease to end."""
BATCH = 20


@dataclass(slots=True)
class Part:
    """A process of ours, and what it is started with."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as output:
                self.process = subprocess.Popen(
                    self.command,
                    cwd=ROOT,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )

    def kill(self) -> None:
        """SIGKILL: it has no chance to do anything about it."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(slots=True)
class Machine:
    """All parts of one service on one database."""

    postgres: EmbeddedPostgres
    folder: Path
    port: int
    server: Part
    workers: list[Part]

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def parts(self) -> list[Part]:
        """Every process of ours."""
        return [self.server, *self.workers]

    def set_ahead(self, seconds: float) -> None:
        """Set everybody's clock ahead of the real one."""
        written = self.folder / "ahead.new"
        written.write_text(str(seconds))
        written.replace(self.folder / "ahead")

    def start(self) -> None:
        """Start whatever does not run."""
        for part in self.parts:
            part.start()

    def stop(self) -> None:
        """End whatever runs."""
        for part in self.parts:
            part.stop()

    def kill_database(self) -> None:
        """SIGKILL for PostgreSQL's first process; started again, it recovers what was committed."""
        self.postgres.kill()
        deadline = time.monotonic() + 60
        while True:
            try:
                self.postgres.start()
            except RuntimeError:  # the last of its children still holds the shared memory
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


@contextmanager
def machine(
    postgres: EmbeddedPostgres, folder: Path, *, smtp_url: str, workers: int
) -> Iterator[Machine]:
    """The parts, not started yet; all of them are ended afterwards."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if "SALVAGUARDA" not in name}
    environment = kept | {
        "SALVAGUARDA_DATABASE_URL": postgres.url(),
        "SALVAGUARDA_VAR_DIR": str(folder),
        "SALVAGUARDA_WORKER": "none",
        "SALVAGUARDA_SMTP_URL": smtp_url,
        "SALVAGUARDA_MAIL_FROM": "nao-responda@exemplo.com.br",
        "SALVAGUARDA_THROTTLE": "off",
        "SALVAGUARDA_ARGON2_TIME_COST": "1",
        "SALVAGUARDA_ARGON2_MEMORY_KIB": "8",
        "SALVAGUARDA_ARGON2_PARALLELISM": "1",
        "SALVAGUARDA_LOG_LEVEL": "warning",
    }

    def part(name: str, *arguments: str) -> Part:
        command = [sys.executable, "-c", PROGRAM, str(folder / "ahead"), str(BATCH), *arguments]
        return Part(name, command, environment, folder / f"{name}.log")

    made = Machine(
        postgres,
        folder,
        port,
        part("server", "serve", "--port", str(port)),
        [part(f"worker-{number}", "worker") for number in range(workers)],
    )
    made.set_ahead(0)
    try:
        yield made
    finally:
        with suppress(ProcessLookupError):
            made.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
