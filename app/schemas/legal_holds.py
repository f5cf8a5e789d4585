"""Holds: what the desk sees of them, and how it records a filing or ends one."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import line, multiline
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_HOLD: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77f",
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
    "customer_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "placed_at": "2026-12-01T14:00:00Z",
    "lapses_at": "2027-01-30T14:00:00Z",
    "filing_number": None,
    "filed_at": None,
    "filed_by": None,
    "ended_at": None,
    "end_reason": None,
    "ended_by": None,
    "end_note": None,
}


class Filing(Body):
    """That the authority asked a court for the data, in time."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filing_number": "0001234-03.2026.8.26.0100"}]}
    )

    filing_number: Annotated[
        Annotated[str, line(64, "0001234-03.2026.8.26.0100")],
        Field(description="Of the request at court, as the authority gives it."),
    ]


class Release(Body):
    """Why nothing is to be kept any more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "O juízo indeferiu o pedido de acesso."}]}
    )

    reason: Annotated[str, multiline(2000, "O juízo indeferiu o pedido de acesso.")]


class LegalHoldView(View):
    """A customer whose data are frozen for a request. Secret: for the desk alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HOLD]})
    resource: ClassVar[str] = "legal_hold"

    id: UUID
    request_id: UUID
    customer_id: UUID
    placed_at: Moment
    lapses_at: Annotated[Moment, Field(description="Unless a filing is recorded before.")]
    filing_number: str | MISSING | None = MISSING
    filed_at: Moment | MISSING | None = MISSING
    filed_by: UUID | MISSING | None = MISSING
    ended_at: Moment | MISSING | None = MISSING
    end_reason: Literal["lapsed", "released", "withdrawn", "refused"] | MISSING | None = MISSING
    ended_by: UUID | MISSING | None = MISSING
    end_note: str | MISSING | None = MISSING


class LegalHoldPage(BaseModel):
    """A page of the holds of one request, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_HOLD], "next_cursor": "bWFpcw"}]}
    )

    items: list[LegalHoldView]
    next_cursor: Cursor
