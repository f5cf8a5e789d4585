"""What a legal request is answered with: for who checks it, and who carries it on."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers, package_files
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, read_id
from app.schemas.legal_packages import LegalPackageView, Reissue
from app.services import legal_downloads, legal_packages

router = APIRouter(
    prefix="/v1/staff/legal-requests/{legal_request_id:id}/package",
    tags=["staff"],
    route_class=StaffRoute,
)


@router.get(
    "",
    operation_id="staff_read_legal_package",
    summary="The package of a legal request",
    response_model=LegalPackageView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_legal_package(request: Request, legal_request_id: LegalRequestId) -> Response:
    """The newest: what was found, where and how; never the data themselves."""
    detail = await legal_packages.read(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return answers.shown(detail)


@router.get(
    "/content",
    operation_id="staff_download_legal_package",
    summary="Download the package, once",
    response_class=package_files.AgeResponse,
    responses=dict(package_files.RESPONSES),
    openapi_extra={"x-problems": ["not_found", "legal_package_state", "step_up_required"]},
)
async def download_legal_package(request: Request, legal_request_id: LegalRequestId) -> Response:
    """For what came on paper or by mail alone, and with `X-Reason`. Every download is on record."""
    file = await legal_downloads.content(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return package_files.package(request, file)


@router.get(
    "/key",
    operation_id="staff_read_legal_package_key",
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


@router.post(
    "/reissues",
    operation_id="staff_reissue_legal_package",
    summary="Let the package be downloaded once more",
    response_model=LegalPackageView,
    openapi_extra={"x-problems": ["not_found", "legal_package_state", "step_up_required"]},
)
async def reissue_legal_package(
    request: Request, legal_request_id: LegalRequestId, form: Reissue
) -> Response:
    """The reason is kept with the package."""
    detail = await legal_packages.reissue(
        platform_of(request), actor_of(request), read_id(legal_request_id), form
    )
    return answers.shown(detail)
