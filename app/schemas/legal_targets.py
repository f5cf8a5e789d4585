"""Whom a legal request names: what the desk sees of who they are, and how it chooses one."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import SentId, multiline
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

LONGEST_REASON: Final = 2000

_CUSTOMER: Final = "01a19467-e800-79ad-b8eb-e568ab252afb"
_REASON: Final = "A autoridade informou o CPF, que é o desta conta; a outra é de um homônimo."
_TARGET: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77d",
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
    "position": 0,
    "customer_id": _CUSTOMER,
    "matched_by": ["name", "tax_id"],
    "matched_at": "2026-11-30T12:10:00Z",
    "outcome": "matched",
    "candidate_count": 1,
    "candidates": [{"customer_id": _CUSTOMER, "matched_by": ["name", "tax_id"]}],
    "chosen_by": None,
    "chosen_at": None,
    "choice_reason": None,
}


class TargetChoice(Body):
    """Which candidate the request means, and how the desk knows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"customer_id": _CUSTOMER, "reason": _REASON}]}
    )

    customer_id: SentId
    reason: Annotated[str, multiline(LONGEST_REASON, _REASON)]


class Candidate(BaseModel):
    """A customer who has two of the identifiers at least."""

    customer_id: UUID
    matched_by: list[str]


class LegalTargetView(View):
    """Whether a person that a request names is a customer: for the desk alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TARGET]})
    resource: ClassVar[str] = "legal_target"

    id: UUID
    request_id: UUID
    position: Annotated[int, Field(description="The place among `targets`, from 0.")]
    customer_id: Annotated[
        UUID | MISSING | None, Field(description="None: no one customer matches.")
    ] = MISSING
    matched_by: list[str]
    matched_at: Moment
    outcome: Annotated[
        Literal["matched", "none", "partial", "ambiguous", "too_many"],
        Field(
            description="`partial`: somebody has one of the identifiers, nobody two. `ambiguous` "
            "and `too_many`: the desk chooses a candidate, or asks for another identifier, before "
            "the request goes on."
        ),
    ]
    candidate_count: Annotated[int, Field(description="How many have two of the identifiers.")]
    candidates: Annotated[list[Candidate], Field(description="They, unless they are too many.")]
    chosen_by: UUID | MISSING | None = MISSING
    chosen_at: Moment | MISSING | None = MISSING
    choice_reason: str | MISSING | None = MISSING


class LegalTargetPage(BaseModel):
    """A page of the persons that a request names, the last first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_TARGET], "next_cursor": "bWFpcw"}]}
    )

    items: list[LegalTargetView]
    next_cursor: Cursor
