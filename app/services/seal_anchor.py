"""The anchor of the audit log: a file beside the keys that remembers which seals were made here.

The database cannot tell that its newest seals were taken away together with their events: what is
left is a shorter chain that holds. This file can. A seal's digest stands for all before it, so
that each machine need only remember the seals that it made itself.
"""

import base64
import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.security.keyfiles import sync_folder

FILE = "audit-seals.log"
_LINE = re.compile(r"([1-9][0-9]{0,17}) [0-9a-f-]{36} [0-9]+ [0-9a-f]{64} \S+ [A-Za-z0-9+/]+=*")
_TAIL = 64 * 1024  # bytes: some 250 lines, far more than processes that append at once


class AnchorError(Exception):
    """The database lacks what was anchored; the message is one line for the operator."""


class SealAnchor:
    """The anchored seals of one folder. Its methods block: call them off the event loop."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def append(self, seal: Mapping[str, Any]) -> None:
        """Remember a seal (the columns of its row), durably. Raises OSError."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _cut_torn_line(descriptor)
            file.write(line_of(seal).encode() + b"\n")
            file.flush()
            os.fsync(descriptor)
        sync_folder(self.path.parent)

    def lines(self) -> list[str]:
        """Every line, oldest first; none where nothing was anchored. Raises OSError."""
        return self._complete_lines(None)

    def newest(self) -> tuple[int, str] | None:
        """The anchored seal with the highest number, and its line. Raises OSError.

        It may not be the last line: processes append in any order.
        """
        lines = self._complete_lines(_TAIL)
        found = [(number, line) for line in lines if (number := number_of(line)) is not None]
        return max(found, default=None)

    def _complete_lines(self, tail: int | None) -> list[str]:
        """The lines within the last `tail` bytes. One without its end was never anchored."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                start = 0 if tail is None else max(0, size - tail)
                file.seek(start)
                lines = file.read().decode("ascii", "replace").split("\n")[:-1]
        except FileNotFoundError:
            return []
        return lines[1:] if start else lines


def line_of(seal: Mapping[str, Any]) -> str:
    """How a seal is anchored: `number last_id events digest-hex kid signature-base64`."""
    signature = base64.b64encode(seal["signature"]).decode()
    return (
        f"{seal['number']} {seal['last_id']} {seal['events']} {seal['digest'].hex()}"
        f" {seal['kid']} {signature}"
    )


def number_of(line: str) -> int | None:
    """The number of the seal that a line anchors, or None for a damaged line."""
    found = _LINE.fullmatch(line)
    return int(found[1]) if found else None


def _cut_torn_line(descriptor: int) -> None:
    """Remove what a crash or a full disk left of a line."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL)
    whole = os.pread(descriptor, _TAIL, start).rfind(b"\n") + 1
    if start + whole < size:
        os.ftruncate(descriptor, start + whole)
