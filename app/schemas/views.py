"""What callers are shown. A member that the caller may not see is absent, never null."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.view import View

Moment = Annotated[datetime, Field(description="RFC 3339, UTC.", examples=["2026-11-22T12:00:00Z"])]
Cursor = Annotated[
    str | None, Field(description="Give it back as `cursor` for the next page; null on the last.")
]


_ID = "01a19467-e800-79ad-b8eb-e568ab252afb"
_CUSTOMER: dict[str, Any] = {
    "id": _ID,
    "kind": "person",
    "status": "active",
    "name": "Maria D'Ávila",
    "email": "maria@exemplo.com.br",
    "phone": "+5511912345678",
    "tax_id": "***.982.247-**",
    "address": {"city": "São Paulo", "state": "SP"},
    "preferences": {"language": "pt-BR", "contact_channel": "whatsapp"},
    "created_at": "2026-11-22T12:00:00Z",
    "last_login_at": None,
}
_EVENT: dict[str, Any] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "at": "2026-11-22T12:00:00Z",
    "role": "support",
    "action": "staff:customer:read",
    "fields": ["id", "kind", "status", "name", "email", "phone", "tax_id"],
    "purpose": "customer_support",
}


def _shown(*examples: dict[str, Any], **more: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples), **more})


class AddressView(View):
    """The members of an address that the caller may see."""

    resource: ClassVar[str] = "customer"
    member: ClassVar[str] = "address"

    street: str | MISSING | None = MISSING
    number: str | MISSING | None = MISSING
    complement: str | MISSING | None = MISSING
    district: str | MISSING | None = MISSING
    city: str | MISSING | None = MISSING
    state: str | MISSING | None = MISSING
    postal_code: str | MISSING | None = MISSING


class CustomerView(View):
    """A customer as the caller may see it. Masked values keep their shape: ``***.456.789-**``."""

    model_config = _shown(_CUSTOMER)
    resource: ClassVar[str] = "customer"

    id: UUID
    kind: Literal["person", "company"]
    status: Literal["active", "suspended", "closed", "erased"]
    name: str
    email: str
    pending_email: Annotated[
        str | MISSING | None,
        Field(description="A new address that waits to be confirmed by mail."),
    ] = MISSING
    phone: str | MISSING | None = MISSING
    tax_id: str | MISSING | None = MISSING
    address: AddressView | MISSING = MISSING
    preferences: dict[str, str] | MISSING = MISSING
    created_at: Moment | MISSING = MISSING
    last_login_at: Moment | MISSING | None = MISSING
    attention_note: str | MISSING | None = MISSING


class CustomerPage(BaseModel):
    """A page of customers."""

    model_config = _shown({"items": [_CUSTOMER], "next_cursor": "bWFpcw"})

    items: list[CustomerView]
    next_cursor: Cursor


class Registered(BaseModel):
    """The account that was opened, as its owner sees it."""

    model_config = _shown({"customer": _CUSTOMER | {"tax_id": "52998224725"}})

    customer: CustomerView


class AuditEventView(View):
    """What somebody did: names of fields, never values."""

    model_config = _shown(_EVENT)
    resource: ClassVar[str] = "audit_event"

    id: UUID
    at: Moment
    actor_kind: Literal["staff", "login", "officer", "system", "anonymous"] | MISSING = MISSING
    actor_id: UUID | MISSING | None = MISSING
    role: str | None
    session_id: UUID | MISSING | None = MISSING
    request_id: str | MISSING = MISSING
    action: str
    subject_type: str | MISSING | None = MISSING
    subject_id: UUID | MISSING | None = MISSING
    fields: list[str]
    purpose: str | None
    reason: str | MISSING | None = MISSING
    policy_hash: str | MISSING = MISSING
    rows: int | MISSING = MISSING
    outcome: str | MISSING = MISSING
    network: Annotated[
        str | MISSING | None,
        Field(description="From where staff and officers came, coarsely: /24, or /48 of IPv6."),
    ] = MISSING


class AuditEventPage(BaseModel):
    """A page of the audit log, newest first."""

    model_config = _shown({"items": [_EVENT], "next_cursor": "bWFpcw"})

    items: list[AuditEventView]
    next_cursor: Cursor


class AccessLogPage(AuditEventPage):
    """Who looked at the caller's account, newest first."""


class VisibleField(BaseModel):
    """One field as the caller's role may use it."""

    name: Annotated[str, Field(description="Dotted for a member of an object: `address.city`.")]
    sight: Literal["clear", "masked"]
    writable: bool
    filterable: bool
    sortable: bool
    searchable: bool


class VisibleResource(BaseModel):
    """One resource as the caller's role may use it."""

    rows: Annotated[str, Field(description="Which rows: `all`, `open`, …")]
    fields: list[VisibleField]
    parameters: Annotated[list[str], Field(description="Query parameters of its lists.")]


class OwnVisibility(BaseModel):
    """The caller's own view of the visibility matrix."""

    model_config = _shown(
        {
            "viewer": "support",
            "purposes": ["customer_support"],
            "policy_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "resources": {
                "customer": {
                    "rows": "all",
                    "fields": [
                        {
                            "name": "tax_id",
                            "sight": "masked",
                            "writable": False,
                            "filterable": False,
                            "sortable": False,
                            "searchable": False,
                        }
                    ],
                    "parameters": ["city", "cursor", "email", "limit", "name", "phone", "q"],
                }
            },
        },
        description="Nothing hidden is named here.",
    )

    viewer: str
    purposes: Annotated[
        list[str], Field(description="What `X-Purpose` may say; the first is usual.")
    ]
    policy_hash: str
    resources: dict[str, VisibleResource]
