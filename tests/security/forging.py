"""Access tokens written by hand: well signed, and saying whatever a test wants."""

import base64
import json
from typing import Any
from uuid import UUID

import pytest

from app.security.keys import Keyring
from app.security.tokens import AccessTokens, TokenRefused
from tests.security.moment import Moment

ISSUER = "https://exemplo.com.br"
SUBJECT = UUID("019a0000-0000-7000-8000-000000000001")
SESSION = UUID("019a0000-0000-7000-8000-000000000002")
CUSTOMER = UUID("019a0000-0000-7000-8000-000000000003")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
Json = dict[str, Any]


def issue(tokens: AccessTokens) -> str:
    return tokens.issue(
        audience="staff", subject=SUBJECT, session=SESSION, viewer="support", customer=None
    )


def encode(value: Json | bytes) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def header(keyring: Keyring) -> Json:
    return {"alg": "ES256", "kid": keyring.signing_key().kid, "typ": "JWT"}


def claims(moment: Moment) -> Json:
    now = int(moment().timestamp())
    return {
        "iss": ISSUER,
        "aud": "staff",
        "sub": str(SUBJECT),
        "sid": str(SESSION),
        "jti": str(CUSTOMER),
        "iat": now,
        "exp": now + 900,
        "viewer": "support",
    }


def signed(keyring: Keyring, head: Json | bytes, body: Json | bytes) -> str:
    """A token with a true signature, whatever it says."""
    text = f"{encode(head)}.{encode(body)}"
    return f"{text}.{encode(keyring.signing_key().private.sign(text.encode()))}"


def refused(tokens: AccessTokens, token: str, audience: str = "staff") -> str:
    with pytest.raises(TokenRefused) as reason:
        tokens.verify(token, audience)
    return str(reason.value)
