"""Starting a server under test: uvicorn as `salvaguarda serve` runs it, on a core of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cores import Cores
from tests.support.room import ROOT


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens on the loopback, and which process it is."""

    port: int
    process: int


@contextmanager
def serving(
    cores: Cores, target: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """`target` (uvicorn's own arguments) served by one process; stopped afterwards."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", *target, "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--ws", "none"),
        *("--no-access-log", "--no-server-header", "--log-level", "warning"),
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SALVAGUARDA")}
    with log.open("wb") as output, cores.starting_on(cores.server):
        process = subprocess.Popen(
            command, cwd=ROOT, env={**kept, **environment}, stdout=output, stderr=output
        )
    try:
        _wait_until_open(port, process, log)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")
