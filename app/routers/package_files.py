"""How a package and its key leave, at either door."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import platform_of
from app.services import stored_files
from app.services.legal_downloads import KEY_FILE
from app.services.stored_files import Stored

AGE: Final = "application/age"
RESPONSES: Final[Mapping[int | str, dict[str, Any]]] = {
    200: {"content": {AGE: {"schema": {"type": "string", "format": "binary"}}}}
}


class AgeResponse(Response):
    """Names the media type in the document too."""

    media_type = AGE


def package(request: Request, file: Stored) -> Response:
    """The stored file as a stream."""
    return answers.stored_file(file, stored_files.read(platform_of(request), file))


def key(content: bytes) -> Response:
    """The key behind its passphrase."""
    return AgeResponse(content, headers=answers.attached(KEY_FILE, len(content)))
