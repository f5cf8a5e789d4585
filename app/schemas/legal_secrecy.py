"""Orders of secrecy about a legal request, and proposals to end it sooner."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import Instant, line, multiline
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

LONGEST_REASON: Final = 1000

_REASON: Final = "O juízo levantou o sigilo; o prazo da diligência terminou."
_SENT: Final[dict[str, Any]] = {
    "secrecy_basis": "CPP, art. 20",
    "secrecy_until": "2027-06-01T00:00:00Z",
    "reference": "Decisão de 1º/12/2026, fls. 88",
    "reason": "A investigação segue até junho.",
}
_ENTRY: Final[dict[str, Any]] = _SENT | {
    "id": "01a20280-f331-724e-b623-f6755339f783",
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
    "number": 2,
    "at": "2026-12-01T14:00:00Z",
    "entry": "ordered",
    "change": "extended",
    "actor_kind": "staff",
    "actor_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "proposal_id": None,
    "proposed_by": None,
}
_PROPOSED: Final[dict[str, Any]] = _ENTRY | {
    "number": 3,
    "entry": "proposed",
    "change": "lifted",
    "secrecy_until": None,
    "reason": _REASON,
}


class SecrecyOrder(Body):
    """That those named in a request may not be told, why, and until when; or that they may."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SENT]})

    secrecy_basis: Annotated[
        Annotated[str, line(300, "CPP, art. 20")],
        Field(description="The law or the order that it rests on, or that lifts it."),
    ]
    secrecy_until: Annotated[
        Instant | None,
        Field(description="Until when, two years at most; then the person is told. null lifts it."),
    ]
    reference: Annotated[
        Annotated[str, line(200, "Decisão de 1º/12/2026, fls. 88")],
        Field(description="Where that is to be read: the letter, the decision, its date."),
    ]
    reason: Annotated[str, multiline(LONGEST_REASON, _REASON)]


class LegalSecrecyOrderView(View):
    """An entry of the chain: the last one that was ordered is in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY, _PROPOSED]})
    resource: ClassVar[str] = "legal_secrecy_order"

    id: UUID
    request_id: UUID
    number: Annotated[int, Field(description="Its place in the chain, from 1.")]
    at: Moment
    entry: Annotated[
        Literal["ordered", "proposed"],
        Field(description="`proposed`: nothing ends sooner before another person orders it."),
    ]
    change: Literal["set", "extended", "shortened", "lifted"]
    secrecy_basis: str
    secrecy_until: Annotated[
        Moment | MISSING | None,
        Field(description="None: lifted, or, of what came so with the request, two years."),
    ] = MISSING
    reference: str | MISSING | None = MISSING
    reason: str | MISSING | None = MISSING
    actor_kind: Literal["officer", "staff"]
    actor_id: UUID
    proposal_id: Annotated[
        UUID | MISSING | None, Field(description="The entry that this one confirms.")
    ] = MISSING
    proposed_by: UUID | MISSING | None = MISSING


class LegalSecrecyOrderPage(BaseModel):
    """A page of a request's chain, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_PROPOSED, _ENTRY], "next_cursor": "bWFpcw"}]}
    )

    items: list[LegalSecrecyOrderView]
    next_cursor: Cursor
