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
    "consent_withdrawn",
    "contact_changed",
]
"""Why a mail did not leave: the server was not to be had, refused it, or it never got that far;
or the consent that alone allowed it had ended, or the third party is written to elsewhere."""


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


_FIGURES: Final[dict[str, Any]] = {
    "told": 100_000,
    "settled": 99_000,
    "under_way": 1000,
    "mails": {
        "queued": 940,
        "sending": 40,
        "deferred": 20,
        "sent": 98_000,
        "bounced": 900,
        "abandoned": 10,
        "suppressed": 90,
        "forgotten": 0,
    },
    "begun_at": "2026-11-24T12:00:00Z",
    "queued_at": "2026-11-24T12:00:00Z",
}


class BatchStates(BaseModel):
    """How many of a batch's mails are in each state; together they are all who were told."""

    queued: int
    sending: int
    deferred: int
    sent: int
    bounced: int
    abandoned: int
    suppressed: Annotated[
        int, Field(description="Not written to: disabled, known to bounce, or taken back in time.")
    ]
    forgotten: Annotated[int, Field(description="Settled so long ago that the mail is not kept.")]


class BatchFigures(BaseModel):
    """How far the telling has come."""

    told: Annotated[int, Field(description="Recipients, each once.")]
    settled: Annotated[int, Field(description="Whose mail's fate is known.")]
    under_way: int
    mails: BatchStates
    begun_at: Moment
    queued_at: Annotated[Moment, Field(description="When the last of them were added.")]


class PolicyDelivery(BaseModel):
    """Who was told of a version of the policy, and of its withdrawal; null where nobody was."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 2, "news": _FIGURES, "withdrawal": _FIGURES}]}
    )

    version: int
    news: BatchFigures | None
    withdrawal: BatchFigures | None


class DeliveryPage(BaseModel):
    """A page of mails, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_MAIL], "next_cursor": "bWFpcw"}]}
    )

    items: list[DeliveryView]
    next_cursor: Cursor
