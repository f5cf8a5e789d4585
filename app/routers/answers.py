"""What leaves the service layer, as HTTP: ready-made JSON, never objects to serialise."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.projection.projection import Page, Shown, to_json

MEDIA_TYPE = "application/json"


def shown(record: Shown) -> Response:
    """One record, with its entity tag."""
    return Response(record.body, media_type=MEDIA_TYPE, headers={"ETag": record.etag})


def page(found: Page) -> Response:
    """A page of a list."""
    return Response(found.body, media_type=MEDIA_TYPE)


def ready_json(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON that a service has made."""
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def asked(challenge_id: UUID, options: Mapping[str, Any]) -> Response:
    """What a page hands to the browser for a passkey."""
    body = {"challenge_id": challenge_id, "options": options}
    return Response(to_json(body), media_type=MEDIA_TYPE)
