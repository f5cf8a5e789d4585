"""Tokens and keys."""

from typing import Annotated, Literal

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body


class TokenPair(BaseModel):
    """What a sign-in gives: a short access token (JWT, ES256), and a refresh token to use once.

    With `delivery=cookie` the refresh token travels in a cookie instead, and `csrf_token` says what
    `X-CSRF-Token` must say when it is renewed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6Ii4uLiJ9.e30.c2lnbmF0dXJl",
                    "token_type": "bearer",
                    "expires_in": 900,
                    "refresh_token": "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ",
                    "notices": [],
                },
                {
                    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6Ii4uLiJ9.e30.c2lnbmF0dXJl",
                    "token_type": "bearer",
                    "expires_in": 900,
                    "csrf_token": "bWFkZSBvZiB0aGUgc2Vzc2lvbiBhbmQgb2Ygb3VyIGtleQ",
                    "notices": [],
                },
            ]
        }
    )

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a kind, not a token
    expires_in: Annotated[int, Field(description="Seconds that the access token is good for.")]
    refresh_token: Annotated[
        str | MISSING, Field(description="Absent where it travels in a cookie.")
    ] = MISSING
    csrf_token: Annotated[
        str | MISSING, Field(description="Only beside a cookie; the session's as long as it lives.")
    ] = MISSING
    notices: Annotated[
        list[str],
        Field(
            description=(
                "What to tell whoever has just signed in: `password_common`, the password is one "
                "of those that are tried first, and should be changed. More may come."
            )
        ),
    ]


RefreshToken = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        description="Opaque; as it was given.",
        examples=["Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"],
    ),
]


class RefreshRequest(Body):
    """A refresh token to be exchanged."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"refresh_token": "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"}]
        }
    )

    refresh_token: RefreshToken


class PublicKey(BaseModel):
    """A public signing key (RFC 7517, RFC 7518 section 6.2)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    alg: Literal["ES256"]
    use: Literal["sig"]
    kid: str
    x: str
    y: str


class KeySet(BaseModel):
    """Every key whose tokens are honoured, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "keys": [
                        {
                            "kty": "EC",
                            "crv": "P-256",
                            "alg": "ES256",
                            "use": "sig",
                            "kid": "20261122T120000000000Z-9f86d081",
                            "x": "8Gy_dCUkSSjezzoLA6Om16M3nGxlIOKuQU_uCJ6XE6M",
                            "y": "6i1t0UjH3mmpaxA9iKfjbgsuXk6tzX1zZQegPrC9-B0",
                        }
                    ]
                }
            ]
        }
    )

    keys: list[PublicKey]
