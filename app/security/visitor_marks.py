"""The mark that a browser carries: a random id, and proof that we made it.

It says nothing of who uses the browser, and is made of nothing that the browser tells (no
fingerprint). The proof keeps anybody who learns an id out of the database, where the same ids stand
as consents' subjects, from passing for that browser.
"""

import base64
import binascii
import hmac
from typing import Final
from uuid import UUID, uuid4

_PROOF: Final = 16
_LENGTH: Final = 43
"""Characters: 32 bytes in base64url, without padding."""


class VisitorMarks:
    """Makes and reads marks under one `key` of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> UUID:
        """A fresh id: 122 random bits (UUIDv4). Unlike our other ids it tells no time."""
        return uuid4()

    def write(self, visitor: UUID) -> str:
        """The visitor's mark, 43 URL-safe characters, always the same."""
        packed = visitor.bytes + self._proof(visitor.bytes)
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def read(self, mark: str) -> UUID | None:
        """Whose mark it is; None for any text that we did not write."""
        if len(mark) != _LENGTH:
            return None
        try:
            packed = base64.b64decode(mark.encode("ascii") + b"=", altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        visitor = UUID(bytes=packed[:-_PROOF])
        # The whole text: base64 has several spellings of the same bytes.
        return visitor if hmac.compare_digest(mark, self.write(visitor)) else None

    def _proof(self, visitor: bytes) -> bytes:
        return hmac.digest(self._key, visitor, "sha256")[:_PROOF]
