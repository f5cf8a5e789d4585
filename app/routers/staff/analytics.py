"""What is seen on the agency's sites, in figures."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.schemas.analytics import Analytics, By
from app.schemas.fields import Day
from app.services import analytics

router = APIRouter(prefix="/v1/staff/analytics", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_read_analytics",
    summary="Figures about visits",
    response_model=Analytics,
    openapi_extra={"x-problems": ["validation_failed"]},
)
async def read_analytics(
    request: Request,
    since: Annotated[
        Day | None, Query(alias="from", description="The first day; else four weeks are shown.")
    ] = None,
    until: Annotated[
        Day | None, Query(alias="to", description="The last day, which is over; else yesterday.")
    ] = None,
    by: Annotated[By, Query(description="What the groups are made by.")] = "day",
) -> Response:
    """Of those who allow it to be measured. Days are those of America/Sao_Paulo.

    No group has fewer than ten visitors, and every figure is rounded down to a step of ten, which
    one visitor more or less seldom moves. There is no total, and no filter.
    """
    body = await analytics.read(platform_of(request), actor_of(request), since, until, by)
    return answers.ready_json(body)
