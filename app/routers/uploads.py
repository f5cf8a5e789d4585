"""Bodies that are files: they come as they are, as streams, and may be larger than any other.

What a route of these takes stands here, for the envelope around it must know before the route does.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from app.services.legal_documents import LARGEST

MEDIA_TYPES: Final = frozenset(
    {
        "application/pdf",
        "application/pkcs7-signature",
        "application/pkcs7-mime",
        "application/octet-stream",
    }
)
BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        name: {"schema": {"type": "string", "format": "binary", "maxLength": LARGEST}}
        for name in sorted(MEDIA_TYPES)
    },
}
"""The same for the OpenAPI document."""

_PATHS: Final = re.compile(r"/v1/(?:authority|staff)/legal-requests/[^/]+/documents")


def media_type_of(request: Request) -> str:
    """What the file is said to be: one of `MEDIA_TYPES`, as the route class has seen to."""
    return request.headers["content-type"].partition(";")[0].strip().lower()


def limit_of(path: str) -> int | None:
    """Bytes that a body may have where files are taken in; None where they are not."""
    if not path.endswith("/documents"):  # asked for every body: nearly always the answer
        return None
    return LARGEST if _PATHS.fullmatch(path) else None
