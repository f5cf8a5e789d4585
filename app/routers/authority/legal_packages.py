"""What a legal request is answered with, for the officials who sent it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers, package_files
from app.routers.admission import AuthorityRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, read_id
from app.schemas.legal_packages import LegalPackageView
from app.services import legal_downloads, legal_packages

router = APIRouter(
    prefix="/v1/authority/legal-requests/{legal_request_id:id}/package",
    tags=["authority"],
    route_class=AuthorityRoute,
)


@router.get(
    "",
    operation_id="authority_read_legal_package",
    summary="The package of a legal request",
    response_model=LegalPackageView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_legal_package(request: Request, legal_request_id: LegalRequestId) -> Response:
    """As soon as it is released: its size and hash, and until when it can be fetched."""
    detail = await legal_packages.read(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return answers.shown(detail)


@router.get(
    "/content",
    operation_id="authority_download_legal_package",
    summary="Download the package, once",
    response_class=package_files.AgeResponse,
    responses=dict(package_files.RESPONSES),
    openapi_extra={"x-problems": ["not_found", "legal_package_state", "step_up_required"]},
)
async def download_legal_package(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Once: if it breaks off, the desk can allow another download. Every download is on record."""
    file = await legal_downloads.content(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return package_files.package(request, file)


@router.get(
    "/key",
    operation_id="authority_read_legal_package_key",
    summary="The key that opens the package, behind its passphrase",
    response_class=package_files.AgeResponse,
    responses=dict(package_files.RESPONSES),
    openapi_extra={"x-problems": ["not_found", "legal_package_state", "step_up_required"]},
)
async def read_legal_package_key(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Keep it as `key.age`: `age -d -i key.age` asks for the passphrase, which came by mail."""
    content = await legal_downloads.key_file(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return package_files.key(content)
