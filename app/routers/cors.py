"""Which web pages of other origins may call the service (the Fetch standard's CORS protocol).

Access tokens travel in a header. Cookies there are two: the refresh token of the browser
application, for the paths of sign-in, and the visitor's, for what it decides about cookies and what
it allows to be measured. Only to these paths is a listed page let cookies go along
(`Allow-Credentials`), so that every other answer stays one that no cookie can change.
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
    "X-CSRF-Token",
    "X-Purpose",
    "X-Reason",
    "X-Request-ID",
)
EXPOSED: Final = ("ETag", "Location", "Retry-After", "X-Request-ID")
PREFLIGHT_SECONDS: Final = 600


WITH_COOKIES: Final = ("/v1/auth/", "/v1/public/cookie-consents", "/v1/public/analytics/")
"""The beginnings of the paths to which a listed origin's page may send the browser's cookies."""


class Origins:
    """The origins listed in the settings (``https://painel.example``), and what they are told."""

    def __init__(self, origins: Iterable[str]) -> None:
        exposed = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())
        self._granted: dict[bytes, RawHeaders] = {
            origin: [(b"access-control-allow-origin", origin), exposed]
            for origin in (text.encode() for text in origins)
        }
        credentials = (b"access-control-allow-credentials", b"true")
        self._trusted = {origin: [*told, credentials] for origin, told in self._granted.items()}
        self._preflight: RawHeaders = [
            (b"access-control-allow-methods", ", ".join(METHODS).encode()),
            (b"access-control-allow-headers", ", ".join(REQUEST_HEADERS).encode()),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]
        self.always: RawHeaders = [(b"vary", b"Origin")] if self._granted else []
        """What every answer says, so that a cache never hands one origin's answer to another."""

    def granted(self, origin: bytes, path: str) -> RawHeaders:
        """The headers that let `origin` read an answer; none for an origin that is not listed."""
        granted = self._trusted if path.startswith(WITH_COOKIES) else self._granted
        return granted.get(origin, [])

    def preflight(self, origin: bytes) -> RawHeaders:
        """The headers that answer what `origin` asks before a request; none if it is not listed."""
        return self._preflight if origin in self._granted else []
