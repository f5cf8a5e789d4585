"""What pages report of a visit, and what customers see of what was joined to their account."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.page_addresses import (
    LONGEST_ADDRESS,
    LONGEST_CAMPAIGN,
    campaign_words,
    page_path,
    referring_host,
)
from app.core.text import UNSAFE
from app.schemas.body import Body
from app.schemas.fields import WHOLE, Checked
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

MOST_EVENTS: Final = 50
MOST_AGO: Final = 3_600_000
"""Milliseconds: what a page held back for longer is no longer believed."""

Kind = Literal["page_view", "link", "form", "download"]

_SENT: Final[dict[str, Any]] = {
    "kind": "page_view",
    "path": "/hospedagem/planos",
    "referrer": "https://www.exemplo.com.br/busca?q=hospedagem",
    "campaign": "natal-2026",
    "ago_ms": 1200,
}
_EVENT: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "kind": "page_view",
    "path": "/hospedagem/planos",
    "referrer": "www.exemplo.com.br",
    "device": "Firefox, Windows",
    "network": "203.0.113.0/24",
    "campaign": "natal-2026",
    "at": "2026-11-22T12:00:00Z",
}

Referrer = Annotated[
    str,
    Checked(
        referring_host,
        {
            "maxLength": LONGEST_ADDRESS,
            "pattern": f"^[^{UNSAFE}]*$",
            "description": "As `document.referrer` has it. Its host alone is kept.",
        },
    ),
]


Campaign = Annotated[
    str,
    Checked(
        campaign_words,
        {
            "maxLength": LONGEST_CAMPAIGN,
            "pattern": f"^[^{UNSAFE}]*$",
            "description": "As `utm_campaign` has it. Kept if it is words, perhaps with a year.",
        },
    ),
]


class NewAnalyticsEvent(Body):
    """One thing that a visitor did."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SENT]})

    kind: Kind
    path: Annotated[
        str,
        Checked(
            page_path,
            {
                "maxLength": LONGEST_ADDRESS,
                "pattern": f"^/[^{UNSAFE}]*$",
                "description": (
                    "Of the page. Query and fragment are dropped, parts that do not look like "
                    "words become `*`, and 200 characters are kept. Keep people's names out of it."
                ),
            },
        ),
    ]
    referrer: Referrer | None = None
    campaign: Campaign | None = None
    ago_ms: Annotated[
        int, Field(ge=0, le=MOST_AGO, description="How long ago it was when this is sent."), WHOLE
    ] = 0


class AnalyticsBatch(Body):
    """What a page gathered. What the visitor does not allow is dropped without a word."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": [_SENT]}]})

    events: Annotated[list[NewAnalyticsEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class AnalyticsEventView(View):
    """One thing that was done in a browser from which somebody of the account signed in."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT]})
    resource: ClassVar[str] = "analytics_event"

    id: UUID
    kind: Kind
    path: str
    referrer: Annotated[str | None, Field(description="The host that led to the page.")]
    device: str | None
    network: str | None
    campaign: str | None
    at: Moment


class AnalyticsEventPage(BaseModel):
    """A page of them, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_EVENT], "next_cursor": "bWFpcw"}]}
    )

    items: list[AnalyticsEventView]
    next_cursor: Cursor
