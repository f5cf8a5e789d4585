"""What left of the account for third parties."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.disclosures import DisclosurePage
from app.services import disclosures

router = APIRouter(prefix="/v1/customer/disclosures", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_list_disclosures",
    summary="What third parties got of me",
    response_model=DisclosurePage,
    openapi_extra=dict(list_parameters("disclosure", Viewer.SELF)),
)
@guards_own_query
async def list_disclosures(request: Request) -> Response:
    """What, to whom, by which of my consents; newest first. `delivery` says whether it arrived.

    Needs the permission `consents`.
    """
    found = await disclosures.list_own(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
