"""Runs programs without root's rights: PostgreSQL refuses to start with them."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path


def server_user() -> pwd.struct_passwd | None:
    """Whose processes our servers are: `nobody` when we are root, otherwise ourselves (None)."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def run_unprivileged(command: Sequence[str], *, log: Path, timeout: float = 120) -> None:
    """Run `command` as `server_user()`, its output into `log`; RuntimeError if it fails.

    A file, not a pipe: a server that is left running would hold the pipe open for ever.
    """
    owner = server_user()
    with log.open("wb") as output:
        finished = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            cwd="/",
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
    if finished.returncode != 0:
        tail = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{Path(command[0]).name} exited {finished.returncode}:\n{tail}")
