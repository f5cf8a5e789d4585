"""Visits to the agency's sites that were joined to the account."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.analytics_events import AnalyticsEventPage
from app.services import analytics_events

router = APIRouter(
    prefix="/v1/customer/analytics-events", tags=["customer"], route_class=CustomerRoute
)


@router.get(
    "",
    operation_id="customer_list_analytics_events",
    summary="Visits that were joined to my account",
    response_model=AnalyticsEventPage,
    openapi_extra=dict(list_parameters("analytics_event", Viewer.SELF)),
)
@guards_own_query
async def list_analytics_events(request: Request) -> Response:
    """Newest first. Nothing is joined without the account's consent to `analytics`.

    Taking that back erases all of it. Needs the permission `consents` in this account.
    """
    found = await analytics_events.list_own(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
