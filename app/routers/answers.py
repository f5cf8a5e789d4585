"""What leaves the service layer, as HTTP: ready-made JSON and files, never objects to serialise."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from app.projection.projection import Page, Shown, to_json
from app.services.stored_files import Stored

MEDIA_TYPE = "application/json"
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


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


def stored_file(
    file: Stored, content: AsyncIterator[bytes], media_type: str | None = None
) -> Response:
    """A stored file as a stream; `media_type` instead of what whoever sent it called it."""
    return StreamingResponse(
        content,
        media_type=media_type or file.media_type,
        headers=attached(file.name, file.bytes),
    )


def attached(name: str, size: int) -> Mapping[str, str]:
    """The headers of so many bytes that are to be saved under a name, and never shown (RFC 6266).

    Names that people gave are encoded (RFC 8187); plain ones stand as they are, for curl.
    """
    plain = _PLAIN_NAME.fullmatch(name)
    named = f'filename="{name}"' if plain else f"filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": f"attachment; {named}", "Content-Length": str(size)}


def asked(challenge_id: UUID, options: Mapping[str, Any]) -> Response:
    """What a page hands to the browser for a passkey."""
    body = {"challenge_id": challenge_id, "options": options}
    return Response(to_json(body), media_type=MEDIA_TYPE)
