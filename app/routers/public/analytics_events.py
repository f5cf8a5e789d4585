"""What pages report of a visit, as far as the visitor allows it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.auth.delivery import require_own_page
from app.routers.strict_route import takes_beacons
from app.routers.visitors import visitor_of
from app.schemas.analytics_events import AnalyticsBatch
from app.services import analytics_events

router = APIRouter(prefix="/v1/public/analytics", tags=["public"], route_class=PublicRoute)


@router.post(
    "/events",
    operation_id="public_add_analytics_events",
    summary="Report what was done on a page",
    status_code=204,
    openapi_extra={"x-problems": ["csrf_refused", "too_many_requests"]},
)
@takes_beacons
async def add_analytics_events(request: Request, batch: AnalyticsBatch) -> Response:
    """For `navigator.sendBeacon`: the same JSON may come as `text/plain;charset=UTF-8`, at most
    64 KiB. The answer is the same whether anything was stored or not.

    Kept is only what the cookie `__Host-salvaguarda-visitor` allows at this moment: nothing without
    a yes to `cookies_analytics`, nothing while the browser sends `Sec-GPC: 1`, which takes the
    yes back; `campaign` only with a yes to `cookies_marketing`. Of the caller a coarse network
    (/24, or /48 of IPv6) and the kind of browser are kept; no address, no agent text. All of it is
    deleted after 13 months.
    """
    require_own_page(request)
    await analytics_events.receive(
        platform_of(request), actor_of(request), visitor_of(request), batch.events
    )
    return Response(status_code=204)
