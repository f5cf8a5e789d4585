"""What authorities asked about the customer, as far as it may be known."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.legal_notices import LegalNoticePage
from app.services import legal_notices

router = APIRouter(
    prefix="/v1/customer/legal-requests", tags=["customer"], route_class=CustomerRoute
)


@router.get(
    "",
    operation_id="customer_list_legal_requests",
    summary="Which authorities asked for my data?",
    response_model=LegalNoticePage,
    openapi_extra=dict(list_parameters("legal_notice", Viewer.SELF)),
)
@guards_own_query
async def list_legal_requests(request: Request) -> Response:
    """Newest first: who asked, by which law, and what they got. Only for owners.

    A request under an order of secrecy, or an emergency, is told of when that ends.
    """
    found = await legal_notices.list_own(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
