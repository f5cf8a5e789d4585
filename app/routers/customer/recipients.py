"""Third parties that the account can consent to."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.recipients import RecipientPage
from app.services import recipients

router = APIRouter(prefix="/v1/customer/recipients", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_list_recipients",
    summary="Third parties that I can consent to",
    response_model=RecipientPage,
    openapi_extra=dict(list_parameters("recipient", Viewer.SELF)),
)
@guards_own_query
async def list_recipients(request: Request) -> Response:
    """Newest first. Needs the permission `consents` in this account."""
    found = await recipients.list_offered(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
