"""Who looked at the customer's data."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.views import AccessLogPage
from app.services import audit_events

router = APIRouter(prefix="/v1/customer/access-log", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_read_access_log",
    summary="Who looked at my data?",
    response_model=AccessLogPage,
    openapi_extra=dict(list_parameters("audit_event", Viewer.SELF)),
)
@guards_own_query
async def read_access_log(request: Request) -> Response:
    """Newest first: when, in which role, for what purpose, and which fields were shown."""
    found = await audit_events.access_log(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
