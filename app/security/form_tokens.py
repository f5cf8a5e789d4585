"""Signed tokens for forms that anybody may send, and the small work that sending one costs.

A token says when it was issued, to which network (as a mark that tells nobody which) and how much
work it wants. It is signed, so that nothing of it is stored until it is used. The work: find a text
`work` for which SHA-256 of ``token + ":" + work`` (ASCII) begins with so many zero bits. Doing it
takes 2^bits hashes on average, checking it one.
"""

import base64
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

LONGEST_WORK: Final = 64
MOST_BITS: Final = 32

_VERSION: Final = 1
_LAYOUT: Final = struct.Struct(">B16sQB16s")
"""Version, id, milliseconds since 1970, bits, mark of the network."""
_MARK: Final = 16
_SIGNATURE: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{99}")
_WORK: Final = re.compile(rf"[!-~]{{1,{LONGEST_WORK}}}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a token says, once its signature is found to be ours. `id` is good for one form."""

    id: UUID
    issued_at: datetime
    bits: int
    origin: bytes


class FormTokens:
    """Issues and reads tokens under one `key` of 32 bytes, the same in every process."""

    def __init__(self, key: bytes) -> None:
        self._signing = hmac.digest(key, b"form-token", "sha256")
        self._marking = hmac.digest(key, b"network", "sha256")

    def origin(self, network: str | None) -> bytes:
        """The mark of a network, 16 bytes; those that nobody knows share one."""
        return hmac.digest(self._marking, (network or "").encode(), "sha256")[:_MARK]

    def issue(self, now: datetime, bits: int, network: str | None) -> str:
        """A fresh token of 99 URL-safe characters. Raises `ValueError` for over `MOST_BITS`."""
        if not 0 <= bits <= MOST_BITS:
            raise ValueError("nobody does that much work for a form")
        milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
        said = _LAYOUT.pack(_VERSION, uuid4().bytes, milliseconds, bits, self.origin(network))
        signed = said + hmac.digest(self._signing, said, "sha256")
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def read(self, token: str) -> FormToken | None:
        """What the token says; None for any text that is not one of ours, whatever it contains."""
        if not _TOKEN.fullmatch(token):
            return None
        signed = base64.urlsafe_b64decode(token + "=")
        if base64.urlsafe_b64encode(signed).rstrip(b"=").decode() != token:
            return None  # another spelling of the same bytes
        said, signature = signed[:-_SIGNATURE], signed[-_SIGNATURE:]
        if not hmac.compare_digest(hmac.digest(self._signing, said, "sha256"), signature):
            return None
        _, id_, milliseconds, bits, origin = _LAYOUT.unpack(said)
        issued_at = _EPOCH + timedelta(milliseconds=milliseconds)
        return FormToken(UUID(bytes=id_), issued_at, bits, origin)


def is_done(token: str, work: str, bits: int) -> bool:
    """Whether `work`, whatever it contains, is the work that the token wants."""
    if not _WORK.fullmatch(work) or not token.isascii():
        return False
    found = hashlib.sha256(f"{token}:{work}".encode()).digest()
    return int.from_bytes(found, "big") >> (len(found) * 8 - bits) == 0


def do(token: str, bits: int) -> str:
    """The work, done: what a page does, for other programs and for tests."""
    attempt = 0
    while not is_done(token, str(attempt), bits):
        attempt += 1
    return str(attempt)
