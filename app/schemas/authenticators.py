"""Second factors: what callers send to set one up and to prove themselves, and what they see."""

from typing import Annotated, Any, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from app.schemas.body import Body
from app.schemas.fields import TriedPassword, line
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_ID = "01a20280-f331-724e-b623-f6755339f77b"
_AUTHENTICATOR: dict[str, Any] = {
    "id": _ID,
    "kind": "totp",
    "name": "Meu celular",
    "created_at": "2026-11-22T12:00:00Z",
    "confirmed_at": "2026-11-22T12:01:00Z",
    "last_used_at": "2026-11-22T18:30:00Z",
}
_CODES: list[Any] = [f"K7QM-3XDW-9FTA-HR4{letter}" for letter in "ABCDEFGHJK"]
_CHALLENGE = "dGhpcnR5LXR3byBieXRlcyBhdCByYW5kb20gYXMgc2VlbiA"
_CREDENTIAL_ID = "3q2-7wABAgMEBQYHCAkKCwwNDg8"
_CLIENT_DATA = "eyJ0eXBlIjoid2ViYXV0aG4iLCJjaGFsbGVuZ2UiOiIifQ"
_CREATED: dict[str, Any] = {
    "id": _CREDENTIAL_ID,
    "rawId": _CREDENTIAL_ID,
    "type": "public-key",
    "response": {"clientDataJSON": _CLIENT_DATA, "attestationObject": "o2NmbXRkbm9uZQ"},
}
_ASSERTED: dict[str, Any] = _CREATED | {
    "response": {
        "clientDataJSON": _CLIENT_DATA,
        "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
        "signature": "MEUCIEoIsaZKg4cx0U5lFeOD2IWV0",
        "userHandle": "AaICgPMxck62I_Z1UzOfd3s",
    }
}
_BYTES: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}


_OPTIONAL = ("userHandle", "transports", "publicKeyAlgorithm")


def _credential(**response: Any) -> Any:
    """Annotates what ``PublicKeyCredential.toJSON()`` gives: read strictly by the service alone.

    Browsers add members as they like, which are not looked at.
    """
    identifier = _BYTES | {"minLength": 22, "maxLength": 1364}
    unread = {"type": ["string", "boolean", "null"]}
    return WithJsonSchema(
        {
            "type": "object",
            "description": "As `PublicKeyCredential.toJSON()` gives it; bytes in base64url.",
            "required": ["id", "rawId", "type", "response"],
            "additionalProperties": unread,
            "properties": {
                "id": identifier,
                "rawId": identifier,
                "type": {"const": "public-key"},
                "clientExtensionResults": {"type": "object", "additionalProperties": unread},
                "response": {
                    "type": "object",
                    "required": [name for name in response if name not in _OPTIONAL],
                    "additionalProperties": unread,
                    "properties": response,
                },
            },
        }
    )


CreatedCredential = Annotated[
    dict[str, Any],
    _credential(
        clientDataJSON=_BYTES,
        attestationObject=_BYTES,
        transports={"type": "array", "items": {"type": "string"}, "maxItems": 10},
        publicKeyAlgorithm={"type": "integer", "minimum": -65536, "maximum": 0},
    ),
]
"""What a browser answers to creation options."""
AssertedCredential = Annotated[
    dict[str, Any],
    _credential(
        clientDataJSON=_BYTES, authenticatorData=_BYTES, signature=_BYTES, userHandle=_BYTES
    ),
]
"""What a browser answers to request options."""

ChallengeId = Annotated[UUID, Field(description="As it came with the options. Good once.")]
FactorName = Annotated[str, line(100, "Meu celular")]


LONGEST_CODE: Final = 64
"""Characters of a recovery code as somebody types it, with blanks and dashes."""

TotpCode = Annotated[
    str, Field(max_length=16, description="Six digits from the app.", examples=["123456"])
]
RecoveryCodeText = Annotated[
    str, Field(max_length=LONGEST_CODE, description="One of the ten.", examples=[_CODES[0]])
]


class TotpConfirmation(Body):
    """A code, to show that the app holds the secret."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "123456", "name": "Meu celular"}]}
    )

    code: TotpCode
    name: FactorName | None = None


class PasskeyRegistration(Body):
    """What the browser made, under the name that its owner gives it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"challenge_id": _ID, "credential": _CREATED, "name": "Meu celular"}]
        }
    )

    challenge_id: ChallengeId
    credential: CreatedCredential
    name: FactorName


class Renaming(Body):
    """Another name for a second factor."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Meu celular"}]})

    name: FactorName


class PasskeySignIn(Body):
    """A passkey's answer, in place of name, password and code."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"challenge_id": _ID, "credential": _ASSERTED}]}
    )

    challenge_id: ChallengeId
    credential: AssertedCredential
    delivery: Annotated[
        Literal["json", "cookie"] | None,
        Field(description="`cookie`, for a page in a browser: see `POST /v1/auth/refresh`."),
    ] = None


class CustomerPasskeySignIn(PasskeySignIn):
    """The same, for a login of several accounts."""

    customer_id: Annotated[
        UUID | None, Field(description="Which account; without it, the oldest.")
    ] = None


class StepUp(Body):
    """One proof: a password (without a second factor only), a code, or a passkey's answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"totp": "123456"}],
            "oneOf": [
                {"required": ["password"]},
                {"required": ["totp"]},
                {"required": ["recovery_code"]},
                {"required": ["challenge_id", "credential"]},
            ],
            "dependentRequired": {
                "challenge_id": ["credential"],
                "credential": ["challenge_id"],
            },
        }
    )

    password: TriedPassword | MISSING = MISSING
    totp: TotpCode | MISSING = MISSING
    recovery_code: RecoveryCodeText | MISSING = MISSING
    challenge_id: ChallengeId | MISSING = MISSING
    credential: AssertedCredential | MISSING = MISSING

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if self.model_fields_set not in _PROOFS:
            raise PydanticCustomError("one_proof_only", "one_proof_only")
        return self


_PROOFS: Final[tuple[set[str], ...]] = (
    {"password"},
    {"totp"},
    {"recovery_code"},
    {"challenge_id", "credential"},
)


class AuthenticatorView(View):
    """A second factor of the caller's own. Nothing of it is secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_AUTHENTICATOR]})
    resource: ClassVar[str] = "authenticator"

    id: UUID
    kind: Literal["totp", "passkey"]
    name: str
    created_at: Moment
    confirmed_at: Annotated[Moment | None, Field(description="Null: it opens nothing yet.")]
    last_used_at: Moment | None


class AuthenticatorPage(BaseModel):
    """A page of the caller's own second factors, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_AUTHENTICATOR], "next_cursor": "bWFpcw"}]}
    )

    items: list[AuthenticatorView]
    next_cursor: Cursor


class TotpStarted(BaseModel):
    """What goes into an authenticator app. It is told this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                    "uri": "otpauth://totp/Salvaguarda:maria%40exemplo.com.br"
                    "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Salvaguarda",
                }
            ]
        }
    )

    id: UUID
    secret: Annotated[str, Field(description="Base32, to be typed.")]
    uri: Annotated[str, Field(description="The same, for a QR code.")]


class AuthenticatorAdded(BaseModel):
    """A second factor that is in use from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": _ID, "recovery_codes": _CODES}]}
    )

    id: UUID
    recovery_codes: Annotated[
        list[str] | None,
        Field(description="With the first one: ten, told this once. Else null."),
    ]


class RecoveryCodes(BaseModel):
    """Ten codes, each good for one entry. They are told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recovery_codes": _CODES}]})

    recovery_codes: list[str]


class PasskeyOptions(BaseModel):
    """What a page hands to the browser, and by which id its answer is to be sent back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "challenge_id": _ID,
                    "options": {
                        "challenge": _CHALLENGE,
                        "timeout": 300000,
                        "rpId": "clientes.exemplo.com.br",
                        "allowCredentials": [],
                        "userVerification": "required",
                    },
                }
            ]
        }
    )

    challenge_id: Annotated[UUID, Field(description="Good for five minutes, once.")]
    options: Annotated[
        dict[str, Any],
        Field(
            description="For `PublicKeyCredential.parseCreationOptionsFromJSON` to make a passkey,"
            " `parseRequestOptionsFromJSON` to use one (WebAuthn level 3)."
        ),
    ]


class Presence(BaseModel):
    """The caller proved to be there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"proved_at": "2026-11-22T12:00:00Z", "expires_in": 300}]}
    )

    proved_at: Moment
    expires_in: Annotated[int, Field(description="Seconds that the proof counts for.")]
