"""Mails as staff may follow them: to whom, and what became of each; never what they hold."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.fields import Language
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_MAIL: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "batch": "incident:01a19467-e800-79ad-b8eb-e568ab252afb",
    "template": "intervention",
    "language": "pt-BR",
    "recipient": "m***@exemplo.com.br",
    "login_id": "01a20280-f331-724e-b623-f6755339f77c",
    "customer_id": None,
    "state": "deferred",
    "attempts": 2,
    "code": 451,
    "reason": "refused_for_now",
    "created_at": "2026-11-22T12:10:03Z",
    "due_at": "2026-11-22T12:40:03Z",
    "settled_at": None,
}

Reason = Literal[
    "unreachable",
    "not_trusted",
    "not_offered",
    "sign_in_refused",
    "sender_refused",
    "server_busy",
    "timeout",
    "connection_lost",
    "refused_for_now",
    "refused",
    "not_written",
    "not_composed",
]
"""Why a mail did not leave: the server was not to be had, refused it, or it never got that far."""


class DeliveryView(View):
    """One mail to one recipient."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MAIL]})
    resource: ClassVar[str] = "outbox_message"

    id: UUID
    batch: str | MISSING | None = MISSING
    template: str
    language: Language
    recipient: str
    login_id: UUID | MISSING | None = MISSING
    customer_id: UUID | MISSING | None = MISSING
    state: Literal["queued", "sending", "deferred", "sent", "bounced", "abandoned", "suppressed"]
    attempts: int
    code: Annotated[
        int | MISSING | None, Field(description="The mail server's last reply (RFC 5321).")
    ] = MISSING
    reason: Annotated[
        Reason | MISSING | None, Field(description="How the last attempt failed, if it did.")
    ] = MISSING
    created_at: Moment
    due_at: Annotated[
        Moment | MISSING | None, Field(description="The next attempt; null once settled.")
    ] = MISSING
    settled_at: Moment | MISSING | None = MISSING


class DeliveryPage(BaseModel):
    """A page of mails, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_MAIL], "next_cursor": "bWFpcw"}]}
    )

    items: list[DeliveryView]
    next_cursor: Cursor
