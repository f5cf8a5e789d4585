"""What requests of preservation hold."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.legal_holds import Filing, LegalHoldPage, Release
from app.schemas.legal_requests import LegalRequestView
from app.services import legal_holds

router = APIRouter(
    prefix="/v1/staff/legal-requests/{legal_request_id:id}",
    tags=["staff"],
    route_class=StaffRoute,
)


@router.get(
    "/holds",
    operation_id="staff_list_legal_holds",
    summary="Whom a request holds",
    response_model=LegalHoldPage,
    openapi_extra={**list_parameters("legal_hold"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_legal_holds(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Newest first, those that ended too. Neither customers nor the authority learn of any."""
    found = await legal_holds.list_of_request(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.post(
    "/filings",
    operation_id="staff_file_legal_holds",
    summary="Record that the authority went to court in time",
    response_model=LegalRequestView,
    openapi_extra={"x-problems": ["not_found", "legal_request_state"]},
)
async def file_legal_holds(
    request: Request, legal_request_id: LegalRequestId, form: Filing
) -> Response:
    """From then on the request's holds do not lapse: they stand until the desk releases them."""
    detail = await legal_holds.file(
        platform_of(request), actor_of(request), read_id(legal_request_id), form
    )
    return answers.shown(detail)


@router.post(
    "/releases",
    operation_id="staff_release_legal_holds",
    summary="Release whom a request holds",
    response_model=LegalRequestView,
    openapi_extra={"x-problems": ["not_found", "legal_request_state"]},
)
async def release_legal_holds(
    request: Request, legal_request_id: LegalRequestId, form: Release
) -> Response:
    """The kept copies are deleted soon after, unless another request holds the same customer."""
    detail = await legal_holds.release(
        platform_of(request), actor_of(request), read_id(legal_request_id), form
    )
    return answers.shown(detail)
