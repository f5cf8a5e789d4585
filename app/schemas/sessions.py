"""One's own sessions, as they are shown."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_ID = "01a20280-f331-724e-b623-f6755339f77b"
_SESSION: dict[str, Any] = {
    "id": _ID,
    "device": "Firefox, Windows",
    "network": "203.0.113.0/24",
    "factors": ["password", "totp"],
    "created_at": "2026-11-22T12:00:00Z",
    "last_used_at": "2026-11-22T12:34:00Z",
    "proved_at": "2026-11-22T12:00:00Z",
    "expires_at": "2026-12-22T12:00:00Z",
}


class SessionView(View):
    """A sign-in that has not ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SESSION]})
    resource: ClassVar[str] = "session"

    id: UUID
    device: Annotated[str | None, Field(description="Coarse: what browser, on what system.")]
    network: Annotated[str | None, Field(description="Coarse: /24, or /48 of IPv6.")]
    factors: Annotated[list[str], Field(description="By what its holder signed in.")]
    created_at: Moment
    last_used_at: Annotated[
        Moment | None, Field(description="Right to a minute: uses are written down once in one.")
    ]
    proved_at: Annotated[
        Moment | None, Field(description="When its holder last proved to be there.")
    ]
    expires_at: Moment


class SessionPage(BaseModel):
    """A page of the caller's own living sessions, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_SESSION], "next_cursor": "bWFpcw", "current": _ID}]
        }
    )

    items: list[SessionView]
    next_cursor: Cursor
    current: Annotated[UUID, Field(description="The session that asks.")]
