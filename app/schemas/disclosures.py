"""Disclosures to third parties: the order of one, and the ledger of them all."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.access.processing import ASKED_FOR_RECIPIENTS
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.consents import ConsentedFields
from app.schemas.fields import Checked, SentId
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_DISCLOSURE: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "customer_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "recipient_id": "01a20280-0c4e-7b9a-9d11-3f1b5a7c9e22",
    "recipient": {"name": "Contabilidade Exemplo Ltda", "country": "BR", "status": "active"},
    "consent_event_id": "01a20280-e9c4-7d07-8d3f-5d9c1a7b2e44",
    "purpose": "third_party_sharing",
    "fields": ["customer.name", "customer.email"],
    "bytes": 412,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "content_type": "application/json",
    "at": "2026-11-22T12:00:00Z",
    "actor_kind": "staff",
    "role": "privacy_officer",
    "actor_id": "01a19467-e800-79ad-b8eb-e568ab252afc",
    "request_id": "01a20280f331724eb623f6755339f77c",
    "message_id": "01a20280-f331-724e-b623-f6755339f77d",
    "sent_to": "dados@contabilidade.exemplo.com.br",
    "delivery": "sent",
}


Delivery = Literal["waiting", "sent", "bounced", "abandoned", "held_back", "unknown"]


def _shared_purpose(text: str) -> str:
    if text not in ASKED_FOR_RECIPIENTS:
        raise FieldRefused("unknown_purpose")
    return text


class DisclosureOrder(Body):
    """What is to be handed to a third party, now, for a purpose that the customer consented to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recipient_id": "01a20280-0c4e-7b9a-9d11-3f1b5a7c9e22",
                    "purpose": "third_party_sharing",
                    "fields": ["customer.name", "customer.email"],
                }
            ]
        }
    )

    recipient_id: SentId
    purpose: Annotated[str, Checked(_shared_purpose, {"enum": sorted(ASKED_FOR_RECIPIENTS)})]
    fields: ConsentedFields


class DisclosedTo(View):
    """The third party, as it is now."""

    resource: ClassVar[str] = "recipient"

    name: str
    country: str
    status: Literal["active", "retired"]


class DisclosureView(View):
    """One document that was made for one third party. The document itself is not kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DISCLOSURE]})
    resource: ClassVar[str] = "disclosure"

    id: UUID
    customer_id: UUID | MISSING = MISSING
    recipient_id: UUID
    recipient: DisclosedTo
    consent_event_id: Annotated[UUID, Field(description="The yes that it rests on.")]
    purpose: str
    fields: Annotated[list[str], Field(description="What it held, as the matrix names it.")]
    bytes: int
    sha256: Annotated[str, Field(description="Of the document (hex).")]
    content_type: str
    at: Moment
    actor_kind: str
    role: str | None
    actor_id: UUID | MISSING | None = MISSING
    request_id: str | MISSING = MISSING
    message_id: Annotated[
        UUID | MISSING | None,
        Field(description="The mail that carries it (`GET /v1/staff/messages`)."),
    ] = MISSING
    sent_to: Annotated[
        str | None,
        Field(description="The third party's address at that moment. Null where it was not kept."),
    ]
    delivery: Annotated[
        Delivery,
        Field(
            description="What became of it: it waits, was taken (`sent`) or refused (`bounced`) by "
            "the third party's mail server, was `abandoned` after days of trying, or `held_back`: "
            "the consent ended, or the third party was retired or changed its address."
        ),
    ]


class DisclosurePage(BaseModel):
    """A page of disclosures, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_DISCLOSURE], "next_cursor": "bWFpcw"}]}
    )

    items: list[DisclosureView]
    next_cursor: Cursor
