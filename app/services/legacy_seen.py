"""What stood in earlier rows of the same file, in bounded memory."""

import hashlib
import secrets
import sqlite3
from typing import Self


class Seen:
    """A set of texts that spills to a temporary file of SQLite's, which goes when it is closed.

    It keeps digests under a key of this run alone, so that no address lies in that file.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def __contains__(self, text: str) -> bool:
        found = self._rows.execute("SELECT 1 FROM seen WHERE digest = ?", (self._digest(text),))
        return found.fetchone() is not None

    def add(self, text: str) -> bool:
        """Whether it was not there before."""
        added = self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?)", (self._digest(text),))
        return added.rowcount == 1

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._key).digest()
