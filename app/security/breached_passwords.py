"""Whether a password has leaked elsewhere, asked of a service that does not learn it.

It is sent the first five of the forty hexadecimal digits of the password's SHA-1 (every answer
holds hundreds of passwords), and is asked to pad its answer, so that the length tells nothing
either. The protocol is that of Have I Been Pwned's range queries; its lists can be mirrored. Since
a service that is away must keep nobody from choosing a password, every failure counts as "not
leaked" and leaves one line in the log: never the prefix, nor whose password it was.
"""

import asyncio
import hashlib
import re
import unicodedata
from typing import Final

import httpx

from app.core.telemetry import logger

MOST_SECONDS: Final = 2.0
LARGEST_ANSWER: Final = 1024 * 1024  # some forty kilobytes are usual
_ENTRY: Final = re.compile(rb"([0-9A-F]{35}):([0-9]{1,18})", re.IGNORECASE)


class BreachedPasswords:
    """Asks `url`, to which the five digits are added; an empty one asks nobody.

    `seconds` is how long an answer may take in all.
    """

    def __init__(self, url: str, *, seconds: float = MOST_SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._client: httpx.AsyncClient | None = None

    async def contains(self, password: str) -> bool:
        """Whether the password is on the list; False where that cannot be told. Never raises."""
        if not self._url:
            return False
        try:
            typed = unicodedata.normalize("NFC", password).encode()
        except UnicodeEncodeError:
            return False
        digest = hashlib.sha1(typed, usedforsecurity=False).hexdigest().upper().encode()
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(digest[:5].decode())
            return _holds(answer, digest[5:])
        except Exception as error:  # whatever it was, it keeps nobody from choosing a password
            logger.warning("breach_list_unavailable", fault=type(error).__name__)
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, prefix: str) -> bytes:
        if self._client is None:  # made where it is used: it belongs to that event loop
            self._client = httpx.AsyncClient(
                headers={"Add-Padding": "true", "User-Agent": "salvaguarda"},
                timeout=self._seconds,
                follow_redirects=False,
            )
        async with self._client.stream("GET", self._url + prefix) as response:
            if response.status_code != httpx.codes.OK:
                raise UnusableAnswerError
            answer = b""
            async for piece in response.aiter_bytes():
                answer += piece
                if len(answer) > LARGEST_ANSWER:
                    raise UnusableAnswerError
            return answer


class UnusableAnswerError(ValueError):
    """The service answered, but not with a list."""


def _holds(answer: bytes, rest: bytes) -> bool:
    """Whether the list names the rest of the digest. Entries that leaked no time are padding."""
    found = False
    for line in answer.split():
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            raise UnusableAnswerError
        found = found or (entry[1].upper() == rest and int(entry[2]) > 0)
    return found
