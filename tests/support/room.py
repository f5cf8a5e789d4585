"""The folder in which the processes of one test run meet; nothing of it outlives the run."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Self

ROOT = Path(__file__).resolve().parents[2]
KEPT = "kept"
STOP = "stop.json"
MEMORY = Path("/dev/shm")  # noqa: S108  # a private folder is made in it


class Room:
    """A private temporary folder, owned by the process that opened it, used by those it tells.

    The owner holds a file lock that the kernel lets go when it dies, however it dies. A keeper (see
    `keeper.py`), called in once there is something to lose, waits for that lock and clears up.
    """

    def __init__(self, folder: Path, owner: IO[str] | None = None) -> None:
        self.folder = folder
        self._owner = owner

    @classmethod
    def open(cls, *, on_disk: bool = False) -> Self:
        """A new room, owned by this process; in memory if possible, unless `on_disk`."""
        parent = None if on_disk or not _fits(MEMORY) else MEMORY
        folder = Path(tempfile.mkdtemp(prefix="salvaguarda-", dir=parent))
        # The database server may run as another user, who must be able to pass through.
        folder.chmod(0o711)
        (folder / "token").write_text(secrets.token_hex(4))
        owner = (folder / "owner").open("w")
        fcntl.flock(owner, fcntl.LOCK_SH)
        return cls(folder, owner)

    @property
    def token(self) -> str:
        """Eight hexadecimal digits that no other run has."""
        return (self.folder / "token").read_text()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process of the run at a time."""
        with (self.folder / "mutex").open("w") as mutex:
            fcntl.flock(mutex, fcntl.LOCK_EX)
            yield

    def ensure_kept(self) -> None:
        """Have the room cleared up, however its owner ends. To be called before it is filled."""
        kept = self.folder / KEPT
        if kept.exists():
            return
        with self.alone():
            if not kept.exists():
                keeper = [sys.executable, "-m", "tests.support.keeper", str(self.folder)]
                subprocess.run(keeper, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
                kept.touch()

    def stop_with(self, command: Sequence[str]) -> None:
        """Have `command` run, without root's rights, before the room is removed.

        To be called before what it stops is started.
        """
        self.ensure_kept()
        (self.folder / STOP).write_text(json.dumps(command))

    def close(self) -> None:
        """Leave the room (the owner only) and wait until it is gone, 30 seconds at most."""
        if self._owner is None:
            return
        kept = (self.folder / KEPT).exists()
        self._owner.close()
        if not kept:
            shutil.rmtree(self.folder)
            return
        deadline = time.monotonic() + 30
        while self.folder.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the keeper left {self.folder} (process {os.getpid()})")
            time.sleep(0.02)


def _fits(parent: Path) -> bool:
    """Whether a server and its programs can live there (containers often allow 64 MiB, no more)."""
    if not os.access(parent, os.W_OK | os.X_OK):
        return False
    about = os.statvfs(parent)
    return about.f_bavail * about.f_frsize >= 2 * 1024**3 and not about.f_flag & os.ST_NOEXEC
