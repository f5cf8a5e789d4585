"""What callers are shown. A member that the caller may not see is absent, never null."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.view import View

Moment = Annotated[datetime, Field(description="RFC 3339, UTC.", examples=["2026-11-22T12:00:00Z"])]
Cursor = Annotated[
    str | None, Field(description="Give it back as `cursor` for the next page; null on the last.")
]


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

    resource: ClassVar[str] = "customer"

    id: UUID
    kind: Literal["person", "company"]
    status: Literal["active", "suspended", "closed", "erased"]
    name: str
    email: str
    phone: str | MISSING | None = MISSING
    tax_id: str | MISSING | None = MISSING
    address: AddressView | MISSING = MISSING
    preferences: dict[str, str] | MISSING = MISSING
    created_at: Moment | MISSING = MISSING
    last_login_at: Moment | MISSING | None = MISSING
    attention_note: str | MISSING | None = MISSING


class CustomerPage(BaseModel):
    """A page of customers."""

    items: list[CustomerView]
    next_cursor: Cursor


class Registered(BaseModel):
    """The account that was opened, as its owner sees it."""

    customer: CustomerView


class AuditEventView(View):
    """What somebody did: names of fields, never values."""

    resource: ClassVar[str] = "audit_event"

    id: UUID
    at: Moment
    actor_kind: Literal["staff", "login", "system", "anonymous"] | MISSING = MISSING
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


class AuditEventPage(BaseModel):
    """A page of the audit log, newest first."""

    items: list[AuditEventView]
    next_cursor: Cursor


class AccessLogPage(AuditEventPage):
    """Who looked at the caller's account, newest first."""


class PolicyView(View):
    """A published version of the privacy policy."""

    resource: ClassVar[str] = "policy"

    version: int
    hash: Annotated[str, Field(description="SHA-256 (hex) of `text` in UTF-8.")]
    published_at: Moment
    language: str
    text: Annotated[str, Field(description="Markdown.")]


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

    model_config = ConfigDict(json_schema_extra={"description": "Nothing hidden is named here."})

    viewer: str
    purposes: Annotated[
        list[str], Field(description="What `X-Purpose` may say; the first is usual.")
    ]
    policy_hash: str
    resources: dict[str, VisibleResource]
