"""Colleagues who act for a request, as officers of the same agency see them."""

from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.schemas.body import Body
from app.schemas.fields import Email
from app.schemas.view import View
from app.schemas.views import Moment

_COLLEAGUE: Final[dict[str, Any]] = {
    "officer_id": "01a19467-e800-7e96-9097-3b43b5d82b45",
    "added_at": "2026-12-01T14:00:00Z",
    "officer": {
        "name": "Beatriz Promotora",
        "email": "beatriz@mpsp.exemplo.gov.br",
        "office": "prosecutor",
    },
}


class NewColleague(Body):
    """Who shall act for the request: another officer in office of the caller's own agency."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "beatriz@mpsp.exemplo.gov.br"}]}
    )

    email: Email


class OfficerOfColleague(View):
    """Who a colleague is."""

    resource: ClassVar[str] = "officer"

    name: str
    email: str
    office: str


class LegalColleagueView(View):
    """An officer who acts for a request that another one sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COLLEAGUE]})
    resource: ClassVar[str] = "legal_colleague"

    officer_id: UUID
    added_at: Moment
    officer: OfficerOfColleague


class LegalColleagues(BaseModel):
    """Everybody who acts for a request beside its sender, the first added first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_COLLEAGUE]}]})

    items: list[LegalColleagueView]
