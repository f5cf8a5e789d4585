"""The chain of custody of a legal request."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, read_id
from app.routers.list_parameters import page_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.legal_custody import LegalCustodyPage
from app.services import legal_custody

router = APIRouter(
    prefix="/v1/staff/legal-requests/{legal_request_id:id}/custody",
    tags=["staff"],
    route_class=StaffRoute,
)

_EXTRA: Final[dict[str, Any]] = {**page_parameters(), "x-problems": ["not_found"]}


@router.get(
    "",
    operation_id="staff_list_legal_custody",
    summary="The chain of custody of a legal request",
    response_model=LegalCustodyPage,
    openapi_extra=_EXTRA,
)
@guards_own_query
async def list_legal_custody(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Oldest first: every touch of it, by whom, and the seal of the audit log that covers it."""
    found = await legal_custody.list_page(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)
