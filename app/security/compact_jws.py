"""Compact JWS (RFC 7515), ES256, read more strictly than the library does.

Three canonical base64url parts and three header members: no other text, no other algorithm, no
`crit` that we would be ignoring. `typ` keeps one kind of signed text from passing as another.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any, Final

from jose import JWSError, jws
from jose.backends.base import Key

from app.security.keys import ALGORITHM, SigningKey

_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")


class JwsRefused(Exception):
    """The text is not what it should be; says why in one word, for tests and metrics."""


def sign(payload: bytes, key: SigningKey, typ: str) -> str:
    """The payload, signed."""
    headers = {"typ": typ, "kid": key.kid}
    signed: str = jws.sign(payload, key.private, headers=headers, algorithm=ALGORITHM)
    return signed


def read(
    text: str, typ: str, longest: int, verification_key: Callable[[str], Key | None]
) -> tuple[str, dict[str, Any]]:
    """The `kid` and the JSON object of an authentic text. Raises `JwsRefused`."""
    parts = _COMPACT.fullmatch(text) if len(text) <= longest else None
    if parts is None or not _is_canonical(parts[3]):
        raise JwsRefused("malformed")
    header = _json_object(_decode(parts[1]))
    kid = header.pop("kid", None)
    if header != {"alg": ALGORITHM, "typ": typ} or not isinstance(kid, str):
        raise JwsRefused("header")
    key = verification_key(kid)
    if key is None:
        raise JwsRefused("key")
    try:
        payload = jws.verify(text, key, [ALGORITHM])
    except JWSError:
        raise JwsRefused("signature") from None
    return kid, _json_object(payload)


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise JwsRefused("malformed") from None


def _is_canonical(signature: str) -> bool:
    """Whether the bits left over in the last character are zero, so that no other text decodes to
    the same signature (the other parts need no such check: they are signed as text)."""
    return base64.urlsafe_b64encode(_decode(signature)).rstrip(b"=") == signature.encode()


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise JwsRefused("malformed") from None
    if not isinstance(value, dict):
        raise JwsRefused("malformed")
    return value
