"""Notices of legal requests: what a customer is told, and what the desk sees of it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.legal_requests import ItemName, Kind
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_TOLD: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77e",
    "reference": "SG-4821-0937-5562",
    "authority": "2ª Promotoria de Justiça Criminal da Capital",
    "kind": "registration_data",
    "article": "Lei 12.965/2014, art. 10, § 3º; Decreto 8.771/2016, art. 11",
    "items": ["name", "address"],
    "approved_at": "2026-12-01T14:00:00Z",
    "sent_at": "2026-12-01T14:01:00Z",
}
_DESK: Final[dict[str, Any]] = _TOLD | {
    "sent_at": None,
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
    "customer_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "state": "held",
    "reason": "secrecy",
    "due_at": "2027-06-01T00:00:00Z",
}


class LegalNoticeView(View):
    """A request about a customer that a director approved, as the customer is told of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOLD, _DESK]})
    resource: ClassVar[str] = "legal_notice"

    id: UUID
    reference: Annotated[str, Field(description="To be quoted to the data protection officer.")]
    authority: Annotated[str, Field(description="Who asked.")]
    kind: Kind
    article: Annotated[str, Field(description="The law that the request rests on.")]
    items: Annotated[list[ItemName], Field(description="What was granted, and nothing else.")]
    approved_at: Moment
    sent_at: Annotated[
        Moment | MISSING | None, Field(description="When the customer was told.")
    ] = MISSING
    request_id: UUID | MISSING = MISSING
    customer_id: UUID | MISSING = MISSING
    state: Annotated[
        Literal["held", "due", "sent", "waived"] | MISSING,
        Field(description="`held`: back, until `due_at`. `waived`: there is nothing to tell."),
    ] = MISSING
    reason: Annotated[
        Literal["secrecy", "emergency", "nothing_disclosed", "preservation", "nobody_to_tell"]
        | MISSING
        | None,
        Field(description="Why it is held back or waived, or waits though due."),
    ] = MISSING
    due_at: Moment | MISSING | None = MISSING


class LegalNoticePage(BaseModel):
    """A page of notices, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [each], "next_cursor": "bWFpcw"} for each in (_TOLD, _DESK)]
        }
    )

    items: list[LegalNoticeView]
    next_cursor: Cursor
