"""The chain of custody of a legal request, as the desk reads it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.legal_requests import ReasonCode, Status
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_LINK: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "at": "2026-12-01T14:00:00Z",
    "actor_kind": "officer",
    "actor_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "role": "authority",
    "session_id": "01a19467-e800-7e96-9097-3b43b5d82b45",
    "request_id": "01a20280-f331-7001-a623-f6755339f77d",
    "action": "authority:legal_request:advance",
    "subject_type": "legal_request",
    "subject_id": "01a20280-f331-724e-b623-f6755339f77c",
    "fields": ["status"],
    "purpose": "legal_request",
    "reason": "Conferência da cadeia",
    "rows": 1,
    "outcome": "allowed",
    "network": "203.0.113.0/24",
    "actor_name": "Ana Promotora",
    "agency": "Ministério Público de São Paulo",
    "step": {
        "id": "01a20280-f331-724e-b623-f6755339f77a",
        "deed": "appeal",
        "origin": "narrowed",
        "to": "appealed",
        "actor_name": "Ana Promotora",
        "reason": "beyond_basis",
        "article": "Lei 12.965/2014, art. 10",
    },
    "secrecy_order": {
        "id": "01a20280-f331-724e-b623-f6755339f783",
        "number": 2,
        "entry": "ordered",
        "change": "extended",
        "secrecy_basis": "CPP, art. 20",
        "secrecy_until": "2027-06-01T00:00:00Z",
        "reference": "Decisão de 1º/12/2026, fls. 88",
        "reason": "A investigação segue até junho.",
    },
    "seal": {
        "number": 4711,
        "sealed_at": "2026-12-01T14:06:00Z",
        "events": 38,
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "version": 2,
        "place": 17,
    },
}


class StepOfLink(View):
    """The step of the workflow that the event is of."""

    resource: ClassVar[str] = "legal_step"

    id: UUID
    deed: str
    origin: Status
    to: Status
    actor_name: Annotated[str | None, Field(description="Who signed it, as they were named then.")]
    reason: ReasonCode | None
    article: str | None


class SecrecyOfLink(View):
    """The order of secrecy that the event gave, or proposed."""

    resource: ClassVar[str] = "legal_secrecy_order"

    id: UUID
    number: Annotated[int, Field(description="Its place among the request's, from 1.")]
    entry: Literal["ordered", "proposed"]
    change: Literal["set", "extended", "shortened", "lifted"]
    secrecy_basis: str
    secrecy_until: Moment | None
    reference: str | None
    reason: str | None


class SealOfLink(View):
    """The seal that covers the event: `salvaguarda audit verify` recomputes its digest."""

    resource: ClassVar[str] = "audit_seal"

    number: int
    sealed_at: Moment
    events: Annotated[int, Field(description="How many it covers.")]
    digest: Annotated[str, Field(description="SHA-256 (hex) over these and the seal before.")]
    version: Annotated[int, Field(description="Of the digest: since 2 it covers networks too.")]
    place: Annotated[int, Field(ge=1, description="Of the link among them, in the log's order.")]


class LegalCustodyLink(View):
    """One touch of a request: who did what, and where it stands in the audit log."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINK]})
    resource: ClassVar[str] = "audit_event"

    id: Annotated[UUID, Field(description="Ids order the log.")]
    at: Moment
    actor_kind: Literal["staff", "login", "officer", "system", "anonymous"]
    actor_id: UUID | None
    role: str | None
    session_id: UUID | None
    request_id: Annotated[str, Field(description="Names the exchange, not the legal request.")]
    action: str
    subject_type: str | None
    subject_id: UUID | None
    fields: list[str]
    purpose: str | None
    reason: str | None
    rows: int
    outcome: str
    network: Annotated[
        str | None, Field(description="From where, coarsely: /24, or /48 of IPv6. None: not known.")
    ]
    actor_name: Annotated[str | None, Field(description="None: a machine.")]
    agency: Annotated[str | None, Field(description="An officer's.")]
    step: StepOfLink | None
    secrecy_order: SecrecyOfLink | None
    seal: Annotated[SealOfLink | None, Field(description="None: not sealed yet.")]


class LegalCustodyPage(BaseModel):
    """A page of a chain of custody, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_LINK], "next_cursor": "bWFpcw"}]}
    )

    items: list[LegalCustodyLink]
    next_cursor: Cursor
