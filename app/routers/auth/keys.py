"""The public keys that access tokens are verified with."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.projection.projection import to_json
from app.routers.admission import PublicRoute, platform_of
from app.schemas.auth import KeySet


class KeySetResponse(JSONResponse):
    """Names the media type of RFC 7517 in the document too."""

    media_type = "application/jwk-set+json"


router = APIRouter(tags=["auth"], route_class=PublicRoute)


@router.get(
    "/.well-known/jwks.json",
    operation_id="auth_read_keys",
    summary="Public signing keys (JWKS)",
    response_model=KeySet,
    response_class=KeySetResponse,
)
async def read_keys(request: Request) -> Response:
    """RFC 7517. Keys are told apart by `kid`; a new one appears here before it signs for long."""
    return Response(
        to_json(platform_of(request).keyring.jwks()),
        media_type=KeySetResponse.media_type,
        headers={"Cache-Control": "public, max-age=60"},
    )
