"""Trusted people: what a membership is changed by, and what is shown of it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from app.access.permission_sets import LABELS
from app.schemas.body import Body
from app.schemas.fields import Instant
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

Permission = Literal["profile", "invoices", "support", "backups", "consents", "members", "owner"]
"""What may be granted: `access/permission_sets.py` says what each is good for."""


def _each_once(permissions: list[str]) -> list[str]:
    if len(set(permissions)) != len(permissions):
        raise PydanticCustomError("duplicate_item", "duplicate_item")
    return permissions


Permissions = Annotated[
    list[Permission],
    Field(
        min_length=1,
        max_length=len(LABELS),
        json_schema_extra={"uniqueItems": True},
        description="What the member may do; `owner` is everything.",
        examples=[["invoices"]],
    ),
    AfterValidator(_each_once),
]

_LOGIN: Final[dict[str, Any]] = {
    "id": "01a19467-e800-7c1b-a5a4-3f1d5b6e7f80",
    "name": "Carlos Contador",
    "email": "carlos@contabil.exemplo.com.br",
    "status": "active",
    "last_login_at": "2026-11-22T12:00:00Z",
}
_MEMBER: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "permissions": ["invoices"],
    "invited_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "created_at": "2026-11-22T12:00:00Z",
    "expires_at": "2027-06-30T23:59:59Z",
    "login": _LOGIN,
}
_ACCOUNT: Final[dict[str, Any]] = {
    "id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "status": "active",
    "name": "Padaria Brandão Ltda",
    "permissions": ["invoices"],
}


class MemberPatch(Body):
    """What changes of a membership; what is not named stays. Null lets it last without end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"permissions": ["support", "backups"], "expires_at": "2027-06-30T23:59:59Z"},
                {"suspended": True},
            ]
        }
    )

    permissions: Permissions | MISSING = MISSING
    expires_at: Instant | MISSING | None = MISSING
    suspended: StrictBool | MISSING = MISSING


class MemberLoginView(View):
    """Who the member is: as much of their login as the caller may see."""

    resource: ClassVar[str] = "login"

    id: UUID
    name: str
    email: str
    status: Literal["active", "disabled"]
    last_login_at: Moment | MISSING | None = MISSING


class MemberView(View):
    """A login's place in an account. It opens it unless suspended, revoked, or expired."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MEMBER]})
    resource: ClassVar[str] = "membership"

    id: UUID
    permissions: list[Permission]
    invited_by: UUID | MISSING | None = MISSING
    created_at: Moment
    expires_at: Moment | None
    suspended_at: Moment | MISSING | None = MISSING
    revoked_at: Moment | MISSING | None = MISSING
    login: MemberLoginView


class MemberPage(BaseModel):
    """A page of members, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_MEMBER], "next_cursor": "bWFpcw"}]}
    )

    items: list[MemberView]
    next_cursor: Cursor


class AccountView(View):
    """An account that a login may enter: its `id` is the `customer_id` of a sign-in."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACCOUNT]})
    resource: ClassVar[str] = "customer"

    id: UUID
    status: Literal["active", "suspended", "closed"]
    name: str
    permissions: Annotated[list[Permission], Field(description="What this login may do there.")]


class AccountList(BaseModel):
    """Every account that the caller's login may enter, in the order in which it came to them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ACCOUNT]}]})

    items: list[AccountView]
    next_cursor: Annotated[MISSING | None, Field(description="Always null: they are all here.")] = (
        MISSING
    )
