"""The history of a customer's record, as viewers see it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_CHANGE: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "at": "2026-11-22T12:00:00Z",
    "field": "address.number",
    "old_value": "1578",
    "new_value": "1600",
    "actor_kind": "login",
    "actor_name": "Maria D'Ávila",
    "role": "self",
    "session_id": "01a20280-e9c4-7d07-8d3f-5d9c1a7b2e44",
}

Value = Annotated[
    str | dict[str, str] | None,
    Field(description="`preferences` is an object, everything else text; null for none."),
]


class CustomerChangeView(View):
    """One field, before and after, and who did it.

    People of the account stand there by name (`role` is `self`), staff by their role alone.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_CHANGE]})
    resource: ClassVar[str] = "customer_change"

    id: UUID
    at: Moment
    field: Annotated[str, Field(description="Dotted for a member of an object: `address.city`.")]
    old_value: Value
    new_value: Value
    actor_kind: Literal["staff", "login", "system", "anonymous"]
    actor_name: str | None
    role: Annotated[str | None, Field(description="`public` is whoever opened a mailed link.")]
    actor_id: UUID | MISSING | None = MISSING
    session_id: Annotated[
        UUID | MISSING | None,
        Field(description="Customers are told only the sessions of the account's own people."),
    ] = MISSING
    request_id: str | MISSING = MISSING


class CustomerChangePage(BaseModel):
    """A page of a customer's history, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_CHANGE], "next_cursor": "bWFpcw"}]}
    )

    items: list[CustomerChangeView]
    next_cursor: Cursor
