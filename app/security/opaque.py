"""Opaque tokens (refresh, confirmation, reset): the holder has the token, we keep its digest."""

import base64
import hashlib
import hmac
import secrets


def new_opaque_token() -> tuple[str, bytes]:
    """A fresh token of 256 random bits (43 URL-safe characters), and the digest to store."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def successor_of(token: str, key: bytes) -> tuple[str, bytes]:
    """The one token that follows `token`, as random to whoever lacks `key`, and its digest.

    Derived, not drawn: who asks twice for what follows can be given the same answer, though we keep
    neither of the two.
    """
    mark = hmac.digest(key, token.encode("utf-8", "surrogatepass"), "sha256")
    following = base64.urlsafe_b64encode(mark).rstrip(b"=").decode()
    return following, digest(following)


def digest(token: str) -> bytes:
    """SHA-256 of `token`, 32 bytes, for any str whatever it contains.

    Unsalted on purpose: 256 random bits cannot be guessed, and the digest has to be an index key.
    """
    # surrogatepass: what a client sends may hold a lone surrogate, and must merely not be found
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
