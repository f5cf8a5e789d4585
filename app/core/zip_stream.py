"""A ZIP that is made while it is sent: entry after entry, none of them ever held.

Python's own `zipfile` writes to a sink that cannot be sought in: sizes and checksums follow each
entry. All that is kept is one line for each entry, until the directory at the end. Entries may
be larger than 4 GiB, and so may the whole (ZIP64). The same content at the same moment gives the
same bytes.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Final, cast

COMPRESSION: Final = 1
"""Of zlib's nine: on rows of our tables the ninth saves another third, for ten times the work."""
_READABLE: Final = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that is complete: its size and its SHA-256, before compression."""

    name: str
    bytes: int
    sha256: str


class ZipStream:
    """Begin an entry, write to it, end it; `take` what is ready, often. All of it is at `moment`
    (UTC, to two seconds: the format knows no more)."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast(IO[bytes], self._sink), "w")
        self._entry: IO[bytes] | None = None
        self._name = ""
        self._hash = hashlib.sha256()
        self._bytes = 0

    def begin(self, name: str) -> None:
        """Start an entry; the one before must have ended."""
        entry = zipfile.ZipInfo(name, self._moment.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3  # Unix, on whatever machine: its rights follow
        entry.external_attr = _READABLE
        entry._compresslevel = COMPRESSION  # type: ignore[attr-defined]  # public in Python 3.13
        self._entry = self._zip.open(entry, "w", force_zip64=True)
        self._name, self._hash, self._bytes = name, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        """More of the entry."""
        if self._entry is None:
            raise ValueError("no entry was begun")
        self._hash.update(data)
        self._bytes += len(data)
        self._entry.write(data)

    def end(self) -> Entry:
        """The entry is complete."""
        if self._entry is None:
            raise ValueError("no entry was begun")
        self._entry.close()
        self._entry = None
        return Entry(self._name, self._bytes, self._hash.hexdigest())

    def add(self, name: str, content: bytes) -> Entry:
        """A whole entry at once."""
        self.begin(name)
        self.write(content)
        return self.end()

    def take(self) -> bytes:
        """What has become ready since the last time."""
        return self._sink.take()

    def finish(self) -> bytes:
        """The directory, and what was not taken yet."""
        self._zip.close()
        return self._sink.take()

    def abandon(self) -> None:
        """Nobody wants it any more. After `finish` this does nothing."""
        if self._entry is not None:
            self._entry.close()
        self._zip.close()
        self._sink.take()


class _Sink:
    """What `zipfile` writes to: it cannot seek, and gives away what it got."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken
