"""Waits until a test run is over, however it ended, stops what it started and removes its folder.

Started as ``python -m tests.support.keeper ROOM``; returns at once and goes on in the background.
A finaliser alone would not do: PostgreSQL keeps running after its parent is killed.
"""

import contextlib
import fcntl
import json
import os
import shutil
import sys
from pathlib import Path

from tests.support.privileges import run_unprivileged
from tests.support.room import STOP


def keep(room: Path) -> None:
    """Block until nobody owns `room`; then run its stop command, if it has one, and remove it."""
    with (room / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
    stop = room / STOP
    if stop.exists():
        with contextlib.suppress(RuntimeError):  # it had stopped already, or never came up
            run_unprivileged(json.loads(stop.read_text()), log=room / "stop.log")
    shutil.rmtree(room, ignore_errors=True)


def main() -> None:
    """Detach from whoever called (twice forked, no terminal, no open pipes), then keep."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    keep(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
