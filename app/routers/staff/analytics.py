"""What is seen on the agency's sites, in figures."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.schemas.analytics import Analytics, By
from app.schemas.fields import Month
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
    month: Annotated[
        Month | None, Query(description="One that is over, of the past year; else the last one.")
    ] = None,
    by: Annotated[By, Query(description="What the groups are made by.")] = "day",
) -> Response:
    """Of those who allow it to be measured. Months and days are those of America/Sao_Paulo.

    No group has fewer than ten visitors, and every figure is blurred: the same question has the
    same answer, which one visitor more or less hardly changes. There are no filters. Campaigns are
    kept for six months only.
    """
    body = await analytics.read(platform_of(request), actor_of(request), month, by)
    return answers.ready_json(body)
