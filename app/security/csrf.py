"""Proof that a request comes from the page that signed in, and not from one that rides on it.

A browser sends a cookie along whoever made it ask. The page that signed in was given a token beside
the cookie, and sends it in a header, which pages of other sites cannot. The token is an HMAC of the
session: nothing is stored, and one that was planted for another session does not fit (OWASP's
"signed double submit cookie").
"""

import base64
import hmac
from uuid import UUID


class CsrfTokens:
    """Makes and checks tokens under one `key` of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, session: UUID) -> str:
        """The session's token, 43 URL-safe characters, always the same."""
        mark = hmac.digest(self._key, session.bytes, "sha256")
        return base64.urlsafe_b64encode(mark).rstrip(b"=").decode()

    def holds(self, token: str, session: UUID) -> bool:
        """Whether `token`, whatever it contains, is the session's; in constant time."""
        return hmac.compare_digest(
            token.encode("utf-8", "surrogatepass"), self.of(session).encode()
        )
