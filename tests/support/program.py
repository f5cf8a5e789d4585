"""The program itself, as an operator starts it: in processes of its own."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.room import ROOT

PROGRAM = Path(sys.executable).with_name("salvaguarda")


@contextmanager
def running(*arguments: str, folder: Path, **variables: str) -> Iterator[str]:
    """`salvaguarda serve`; the address, once it is ready. Files and keys are in `folder`.

    It must end well when told to, and have logged no stack.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "PYTHONPATH": str(ROOT),  # this checkout's, wherever the program was installed from
        "SALVAGUARDA_VAR_DIR": str(folder),
        "SALVAGUARDA_ARGON2_MEMORY_KIB": "8",
    } | variables
    log = folder / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "serve", *arguments], env=environment, stdout=output, stderr=output
        )
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 60
            while True:
                try:
                    if httpx.get(f"{address}/health/ready", timeout=5).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield address
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            assert process.returncode in (0, -signal.SIGTERM), log.read_text()
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in log.read_text()
