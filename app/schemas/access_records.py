"""Access records, as people see their own."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_RECORD: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "at": "2026-11-22T12:00:00Z",
    "event": "sign_in",
    "ip": "203.0.113.77",
    "source_port": 51544,
    "customer_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "session_id": "01a20280-f331-724e-b623-f6755339f77c",
}


class AccessRecordView(View):
    """One use of the service by the caller's login."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECORD]})
    resource: ClassVar[str] = "access_record"

    id: UUID
    at: Moment
    event: Annotated[
        Literal[
            "registration",
            "sign_in",
            "token_refresh",
            "step_up",
            "sign_out",
            "session_ended",
            "password_changed",
            "email_changed",
        ],
        Field(description="What the service was used for; the law wants no more than that it was."),
    ]
    ip: Annotated[str | None, Field(description="IPv4 or IPv6, whole; null where not known.")]
    source_port: Annotated[
        int | None,
        Field(description="Tells apart who shares an address; null where not known."),
    ]
    customer_id: Annotated[UUID | None, Field(description="For which account.")]
    session_id: Annotated[UUID | None, Field(description="Null where it was done by a link.")]


class AccessRecordPage(BaseModel):
    """A page of the caller's own access records, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_RECORD], "next_cursor": "bWFpcw"}]}
    )

    items: list[AccessRecordView]
    next_cursor: Cursor
