"""The certificates that the service's documents are verified with."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import PublicRoute, platform_of


class CertificatesResponse(PlainTextResponse):
    """Names the media type of RFC 8555 in the document too."""

    media_type = "application/pem-certificate-chain"


router = APIRouter(prefix="/v1/public", tags=["public"], route_class=PublicRoute)


@router.get(
    "/certificate",
    operation_id="public_read_certificate",
    summary="The certificates that verify our documents (PEM)",
    response_class=CertificatesResponse,
)
async def read_certificate(request: Request) -> Response:
    """Newest first; those that sign no more stay here, for what they signed is verified years
    later. Empty while the operator has made none."""
    return Response(
        platform_of(request).certificates.published(),
        media_type=CertificatesResponse.media_type,
        headers={"Cache-Control": "public, max-age=60"},
    )
