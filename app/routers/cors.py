"""Which web pages of other origins may call the service (the Fetch standard's CORS protocol).

Tokens travel in a header, never in cookies, so that no credentials are ever allowed along.
"""

from collections.abc import Iterable
from typing import Final

RawHeaders = list[tuple[bytes, bytes]]

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS: Final = (
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Purpose",
    "X-Reason",
    "X-Request-ID",
)
EXPOSED: Final = ("ETag", "Location", "Retry-After", "X-Request-ID")
PREFLIGHT_SECONDS: Final = 600


class Origins:
    """The origins listed in the settings (``https://painel.example``), and what they are told."""

    def __init__(self, origins: Iterable[str]) -> None:
        exposed = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())
        self._granted: dict[bytes, RawHeaders] = {
            origin: [(b"access-control-allow-origin", origin), exposed]
            for origin in (text.encode() for text in origins)
        }
        self._preflight: RawHeaders = [
            (b"access-control-allow-methods", ", ".join(METHODS).encode()),
            (b"access-control-allow-headers", ", ".join(REQUEST_HEADERS).encode()),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]
        self.always: RawHeaders = [(b"vary", b"Origin")] if self._granted else []
        """What every answer says, so that a cache never hands one origin's answer to another."""

    def granted(self, origin: bytes) -> RawHeaders:
        """The headers that let `origin` read an answer; none for an origin that is not listed."""
        return self._granted.get(origin, [])

    def preflight(self, origin: bytes) -> RawHeaders:
        """The headers that answer what `origin` asks before a request; none if it is not listed."""
        return self._preflight if origin in self._granted else []
