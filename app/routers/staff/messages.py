"""All mails, for those who answer for their arrival."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.deliveries import DeliveryPage
from app.services import messages

router = APIRouter(prefix="/v1/staff/messages", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_messages",
    summary="Follow the mails",
    response_model=DeliveryPage,
    openapi_extra=dict(list_parameters("outbox_message")),
)
@guards_own_query
async def list_messages(request: Request) -> Response:
    """Newest first: state, attempts, the mail server's last reply; never what a mail says."""
    found = await messages.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
