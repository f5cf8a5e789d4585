"""What visitors say about cookies, and what stands for their browser."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator
from pydantic_core import PydanticCustomError

from app.access.processing import ASKED_OF_VISITORS
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.consents import YES_TO_WORDS, Version
from app.schemas.fields import Checked, Language
from app.schemas.views import Moment

_NO_TO_ALL: Final[list[Any]] = [
    {"purpose": purpose, "granted": False} for purpose in sorted(ASKED_OF_VISITORS)
]
_YES: Final[dict[str, Any]] = {"purpose": "cookies_analytics", "granted": True, "version": 1}
_STATE: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "purpose": "cookies_analytics",
    "purpose_version": 1,
    "state": "granted",
    "expires_at": "2027-05-21T12:00:00Z",
    "at": "2026-11-22T12:00:00Z",
    "allowed": True,
}


def _asked_purpose(text: str) -> str:
    if text not in ASKED_OF_VISITORS:
        raise FieldRefused("unknown_purpose")
    return text


class CookieChoice(Body):
    """A yes or a no to one category of cookies. What is necessary is not asked."""

    model_config = ConfigDict(json_schema_extra={**YES_TO_WORDS, "examples": [_YES]})

    purpose: Annotated[str, Checked(_asked_purpose, {"enum": sorted(ASKED_OF_VISITORS)})]
    granted: StrictBool
    version: Version | None = None


class CookieChoices(Body):
    """Each purpose once, and an event of its own. One that is not among them stays as it was."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"choices": _NO_TO_ALL}, {"choices": [_YES], "language": "pt-BR"}]
        }
    )

    choices: Annotated[list[CookieChoice], Field(min_length=1, max_length=len(ASKED_OF_VISITORS))]
    language: Annotated[
        Language | None, Field(description="In which the words were shown; else the request's own.")
    ] = None

    @field_validator("choices")
    @classmethod
    def _each_purpose_once(cls, choices: list[CookieChoice]) -> list[CookieChoice]:
        if len({choice.purpose for choice in choices}) != len(choices):
            raise PydanticCustomError("duplicate_item", "duplicate_item")
        return choices


class CookieConsent(BaseModel):
    """What stands for one category. `not_asked`: nothing was said, which is a no."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATE]})

    id: Annotated[UUID | None, Field(description="The ledger's event that decided it.")]
    purpose: str
    purpose_version: int | None
    state: Literal["granted", "denied", "withdrawn", "expired", "not_asked"]
    expires_at: Moment | None
    at: Moment | None
    allowed: Annotated[
        bool,
        Field(description="Whether it may be done now: a yes that counts, and no `Sec-GPC: 1`."),
    ]


class CookieConsents(BaseModel):
    """What stands for the caller's browser, by category."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_STATE], "signal": False}]}
    )

    items: list[CookieConsent]
    signal: Annotated[bool, Field(description="The browser sends `Sec-GPC: 1`.")]
