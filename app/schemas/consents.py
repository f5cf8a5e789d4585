"""Consents: what is said, what stands, and what proves it."""

import re
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from app.access.matrix import Sight
from app.access.processing import ASKED_FOR_RECIPIENTS, ASKED_OF_ACCOUNTS
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.core.language import Language
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.fields import WHOLE, Checked, Instant, SentId
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_ID: Final = "01a20280-f331-724e-b623-f6755339f77b"
_RECIPIENT: Final = "01a19467-e800-79ad-b8eb-e568ab252afb"
_STATE: Final[dict[str, Any]] = {
    "id": _ID,
    "purpose": "third_party_sharing",
    "recipient_id": _RECIPIENT,
    "purpose_version": 1,
    "state": "granted",
    "fields": ["customer.name", "customer.email"],
    "expires_at": "2027-11-22T12:00:00Z",
    "channel": "phone",
    "at": "2026-11-22T12:00:00Z",
}
_EVENT: Final[dict[str, Any]] = _STATE | {
    "subject_id": "01a19467-e800-79ad-b8eb-e568ab252afc",
    "sequence": 2,
    "purpose_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "language": "pt-BR",
    "actor_kind": "staff",
    "actor_id": "01a20280-0c4e-7b9a-9d11-3f1b5a7c9e22",
    "role": "support",
    "session_id": "01a20280-e9c4-7d07-8d3f-5d9c1a7b2e44",
    "network": "203.0.113.0/24",
    "evidence": {"call_reference": "2026-11-24/0042"},
}
# A yes names the words that it is given to, for those who read the schema.
YES_TO_WORDS: Final[dict[str, Any]] = {
    "if": {"properties": {"granted": {"const": True}}, "required": ["granted"]},
    "then": {"properties": {"version": {"type": "integer"}}, "required": ["version"]},
}
_SAID: Final[dict[str, Any]] = {"purpose": "marketing", "granted": True, "version": 1}
_ASKED: Final = ASKED_OF_ACCOUNTS | ASKED_FOR_RECIPIENTS
CONSENTED_FIELDS: Final = tuple(
    f"customer.{row.field}"
    for row in RESOURCES["customer"].rows
    if row.cell(Viewer.PARTNER).sight is Sight.CONSENTED
)
"""Whatever a third party can be given at all, by name of the matrix."""
_SHARED: Final[dict[str, Any]] = {
    "purpose": "third_party_sharing",
    "granted": True,
    "version": 1,
    "recipient_id": _RECIPIENT,
    "fields": ["customer.name", "customer.email"],
    "expires_at": "2027-11-22T12:00:00Z",
}
_COMPACT: Final = re.compile(r"^[A-Za-z0-9_.-]+$")
_RECEIPT: Final = "eyJhbGciOiJFUzI1NiJ9.eyJyZWNvcmQiOiJ7fSJ9.c2lnbmF0dXJl"


def _compact(text: str) -> str:
    if len(text) > 16_384:
        raise FieldRefused("text_too_long", max=16_384)
    if not _COMPACT.fullmatch(text):
        raise FieldRefused("text_pattern")
    return text


def _asked_purpose(text: str) -> str:
    if text not in _ASKED:
        raise FieldRefused("unknown_purpose")
    return text


def _consented_field(text: str) -> str:
    if text not in CONSENTED_FIELDS:
        raise FieldRefused("beyond_purpose")
    return text


def _once_each(fields: list[str]) -> list[str]:
    if len(set(fields)) != len(fields):
        raise PydanticCustomError("duplicate_item", "duplicate_item")
    return fields


AskedPurpose = Annotated[str, Checked(_asked_purpose, {"enum": sorted(_ASKED)})]
ConsentedFields = Annotated[
    list[Annotated[str, Checked(_consented_field, {"enum": list(CONSENTED_FIELDS)})]],
    Field(
        min_length=1,
        description="As the visibility matrix names them.",
        json_schema_extra={"uniqueItems": True},
    ),
    AfterValidator(_once_each),
]
"""What a third party may be given of a customer."""
Version = Annotated[
    int,
    Field(
        ge=1,
        le=2**31 - 1,
        description="Of the words that were shown (`GET /v1/public/purposes`); a yes names it.",
    ),
    WHOLE,
]


def _call_reference(text: str) -> str:
    if len(text) > _LONGEST_REFERENCE:
        raise FieldRefused("text_too_long", max=_LONGEST_REFERENCE)
    if not _REFERENCE.fullmatch(text):
        raise FieldRefused("text_pattern")
    return text


_LONGEST_REFERENCE: Final = 40
_REFERENCE: Final = re.compile(r"^[0-9A-Za-z][0-9A-Za-z./#_-]*$")
CallReference = Annotated[
    str,
    Checked(
        _call_reference,
        {
            "minLength": 1,
            "maxLength": _LONGEST_REFERENCE,
            "pattern": _REFERENCE.pattern,
            "description": "The call's number. No sentence: it stands in the ledger for good.",
            "examples": ["2026-11-24/0042"],
        },
    ),
]


class ConsentStatement(Body):
    """A yes or a no to one purpose. Two purposes are two requests, and two events.

    A purpose that is asked for third parties (`asked_of`: `recipient`) names one. A yes to it says
    which fields it may get, and until when: at most five years.
    """

    model_config = ConfigDict(
        json_schema_extra={
            **YES_TO_WORDS,
            "examples": [_SAID, {"purpose": "marketing", "granted": False}, _SHARED],
        }
    )

    purpose: AskedPurpose
    granted: StrictBool
    version: Version | None = None
    recipient_id: SentId | None = None
    fields: ConsentedFields | None = None
    expires_at: Instant | None = None


class TelephoneConsent(ConsentStatement):
    """The same, said by telephone. The words of that version were read aloud."""

    model_config = ConfigDict(
        json_schema_extra={
            **YES_TO_WORDS,
            "examples": [_SAID | {"language": "pt-BR", "call_reference": "2026-11-24/0042"}],
        }
    )

    call_reference: CallReference
    language: Language = "pt-BR"


class ConsentEventView(View):
    """One event of the ledger. It never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT]})
    resource: ClassVar[str] = "consent_event"

    id: UUID
    subject_id: Annotated[UUID, Field(description="The account.")]
    sequence: Annotated[int, Field(description="Counts this account's events, without a gap.")]
    purpose: str
    purpose_version: Annotated[
        int, Field(description="0: said before there was a register; the words were not kept.")
    ]
    purpose_hash: str | None
    state: Literal["granted", "denied", "withdrawn", "expired"]
    recipient_id: UUID | None
    fields: list[str] | None
    expires_at: Moment | None
    language: Annotated[str | None, Field(description="In which the words were shown.")]
    channel: Literal["web", "phone", "import", "api"]
    actor_kind: Literal["login", "staff", "system", "anonymous"]
    actor_id: Annotated[
        UUID | None, Field(description="Customers are told only the account's own people.")
    ]
    role: str | None
    session_id: UUID | None
    network: str | None
    evidence: Annotated[
        dict[str, Any], Field(description="How it was said: a call's reference, a form's name.")
    ]
    at: Moment


class ConsentEventPage(BaseModel):
    """A page of the ledger, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_EVENT], "next_cursor": "bWFpcw"}]}
    )

    items: list[ConsentEventView]
    next_cursor: Cursor


class ConsentStateView(View):
    """What stands for one purpose (and third party). `not_asked` has no event: nothing was said."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATE]})
    resource: ClassVar[str] = "consent_state"

    id: Annotated[UUID | None, Field(description="The event that decided it.")]
    purpose: str
    recipient_id: UUID | MISSING | None = MISSING
    purpose_version: int | None
    state: Literal["granted", "denied", "withdrawn", "expired", "not_asked"]
    fields: list[str] | MISSING | None = MISSING
    expires_at: Moment | None
    channel: Literal["web", "phone", "import", "api"] | None
    at: Moment | None


class ConsentStateList(BaseModel):
    """Every purpose that an account is asked for, whether or not it ever answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_STATE]}]})

    items: list[ConsentStateView]


class ConsentReceipt(BaseModel):
    """The proof of one event, for whoever it is about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "receipt": _RECEIPT,
                    "keys_uri": "https://api.exemplo.com.br/v1/public/consent-receipts/keys",
                }
            ]
        }
    )

    receipt: Annotated[
        str,
        Field(
            description=(
                "A compact JWS (RFC 7515), ES256, `typ` `consent-receipt+jws`; the payload is a "
                "consent receipt after ISO/IEC TS 27560."
            )
        ),
    ]
    keys_uri: Annotated[str, Field(description="The keys that verify it, retired ones included.")]


class ReceiptToVerify(Body):
    """A receipt that somebody was given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"receipt": _RECEIPT}]})

    receipt: Annotated[
        str,
        Checked(
            _compact,
            {
                "minLength": 1,
                "maxLength": 16_384,
                "pattern": _COMPACT.pattern,
                "examples": [_RECEIPT],
            },
        ),
    ]


class VerifiedReceipt(BaseModel):
    """Whether this service signed the receipt, what it then says, and if the ledger says so too.

    Whether the consent still stands is told to its subject alone.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "authentic": True,
                    "fault": "signature",
                    "kid": "20261124T184016000000Z-5a0c7c1e",
                    "recorded": True,
                    "content": {"schema": "ISO/IEC TS 27560:2023"},
                }
            ]
        }
    )

    authentic: bool
    fault: Literal["malformed", "header", "key", "signature"] | None
    kid: str | None
    recorded: Annotated[
        bool | None,
        Field(description="False for what a stolen key invented: no such event was ever written."),
    ]
    content: dict[str, Any] | None
