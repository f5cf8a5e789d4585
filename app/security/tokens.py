"""Access tokens: short-lived JWTs (RFC 7519), ES256, checked more strictly than the library does.

python-jose lets a missing `exp` or `aud` pass, ignores an unknown `crit`, takes stray characters in
base64, and without a list of algorithms would accept an HS256 token made with the public key. So a
token here is exactly what `issue` writes: a compact JWS as `compact_jws.py` reads it, the known
claims and no other (one unknown could be a limit that we would be ignoring).
"""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from jose import jwt
from jose.backends.base import Key

from app.core.clock import Clock, system_clock
from app.core.ids import new_id
from app.security import compact_jws
from app.security.compact_jws import JwsRefused
from app.security.keys import ALGORITHM, Keyring

Audience = Literal["customer", "staff", "authority"]

_LONGEST_TOKEN = 4096  # characters
_CLOCK_SKEW = 60  # seconds another replica's clock may be ahead of ours
_REQUIRED = {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "viewer"}
_OPTIONAL = {"customer"}


class TokenRefused(Exception):
    """The token does not open this door; the text says why in one word, for tests and metrics."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. Moments are seconds since 1970, UTC."""

    audience: str
    subject: UUID
    session: UUID
    viewer: str
    customer: UUID | None
    token_id: UUID
    issued_at: float
    expires_at: float


class AccessTokens:
    """Issues and verifies the tokens of one `issuer`; for use from one thread.

    Tokens that were verified are remembered (`remember` of them at most), so that the signature is
    checked once; audience and time are checked on every call, and all are forgotten when the
    keyring changes, so that a retired key is refused within a second.
    """

    def __init__(
        self,
        keyring: Keyring,
        issuer: str,
        lifetime_seconds: int = 900,
        clock: Clock = system_clock,
        *,
        remember: int = 10_000,
    ) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._lifetime = lifetime_seconds
        self._clock = clock
        self._limit = remember
        self._generation = keyring.generation()
        # Keyed by the token itself: Python's own hash of a str is cheaper than SHA-256, and the
        # keys that made the tokens are in this memory anyway.
        self._remembered: dict[str, Claims] = {}

    def issue(
        self,
        *,
        audience: Audience,
        subject: UUID,
        session: UUID,
        viewer: str,
        customer: UUID | None,
    ) -> str:
        """A token for `subject` in `session`, good for the lifetime from now."""
        key = self._keyring.signing_key()
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": audience,
            "sub": str(subject),
            "sid": str(session),
            "jti": str(new_id()),
            "iat": now,
            "exp": now + self._lifetime,
            "viewer": viewer,
        }
        if customer is not None:
            claims["customer"] = str(customer)
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})

    def verify(self, token: str, audience: str) -> Claims:
        """What `token` says to the door of `audience`. Raises TokenRefused for anything wrong."""
        generation = self._keyring.generation()
        if generation != self._generation:
            self._generation = generation
            self._remembered.clear()
        claims = self._remembered.get(token)
        fresh = claims is None
        if claims is None:
            claims = self._read(token)
        if claims.audience != audience:
            raise TokenRefused("audience")
        now = self._clock().timestamp()
        if now >= claims.expires_at:
            self._remembered.pop(token, None)
            raise TokenRefused("expired")
        if claims.issued_at > now + _CLOCK_SKEW:
            raise TokenRefused("early")
        if fresh:
            self._remember(token, claims)
        return claims

    def _remember(self, token: str, claims: Claims) -> None:
        if len(self._remembered) >= self._limit:
            # The oldest entry is about the next to expire; at worst it is verified once more.
            del self._remembered[next(iter(self._remembered))]
        self._remembered[token] = claims

    def _read(self, token: str) -> Claims:
        """The claims of an authentic token of this issuer, whatever its audience and time."""
        try:
            _, said = compact_jws.read(token, "JWT", _LONGEST_TOKEN, self._verification_key)
        except JwsRefused as refused:
            raise TokenRefused(str(refused)) from None
        return self._claims(said)

    def _verification_key(self, kid: str) -> Key | None:
        key = self._keyring.verification_key(kid)
        return key.public if key else None

    def _claims(self, said: dict[str, Any]) -> Claims:
        if not _REQUIRED <= said.keys() <= _REQUIRED | _OPTIONAL or said["iss"] != self._issuer:
            raise TokenRefused("claims")
        return Claims(
            audience=_text(said["aud"]),
            subject=_uuid(said["sub"]),
            session=_uuid(said["sid"]),
            viewer=_text(said["viewer"]),
            customer=_uuid(said["customer"]) if "customer" in said else None,
            token_id=_uuid(said["jti"]),
            issued_at=_moment(said["iat"]),
            expires_at=_moment(said["exp"]),
        )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TokenRefused("claims")
    return value


def _uuid(value: object) -> UUID:
    try:
        return UUID(_text(value))
    except ValueError:
        raise TokenRefused("claims") from None


def _moment(value: object) -> float:
    # not bool, which is an int to Python; the bound keeps float() and time arithmetic exact
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise TokenRefused("claims")
    return float(value)
