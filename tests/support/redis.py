"""A real Redis of our own, on a Unix socket, kept in memory only."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis

PROGRAM = "redis-server"


class OwnRedis:
    """One server, for one test; its folder must be the test's own."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._log = folder / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address, as the setting takes it."""
        return f"unix://{self._socket}"

    def start(self) -> None:
        """Have it answer, with nothing in it."""
        command = [PROGRAM, "--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        with self._client() as client:
            for _ in range(1000):
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    return
                time.sleep(0.01)  # it tells nobody when it listens
        raise RuntimeError(f"redis-server did not start: {self._log.read_text()[-500:]}")

    def stop(self) -> None:
        """Have it gone at once, as in a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Have it hold its connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def pass_by(self, seconds: float) -> None:
        """Make every key older: its clock cannot be moved."""
        with self._client() as client:
            for key in client.scan_iter():
                client.pexpire(key, int(client.pttl(key) - seconds * 1000))

    def keys(self) -> list[bytes]:
        """Everything it holds, by name."""
        with self._client() as client:
            return sorted(client.scan_iter())

    def longest(self) -> float:
        """The seconds until everything in it will have expired."""
        with self._client() as client:
            return max((client.pttl(key) / 1000 for key in client.scan_iter()), default=0.0)

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self._socket))


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """A running Redis; gone afterwards."""
    server = OwnRedis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
