"""The caller's own view of the visibility matrix."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.schemas.views import OwnVisibility
from app.services import visibility

router = APIRouter(prefix="/v1/staff/visibility", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_read_visibility",
    summary="What may I see?",
    response_model=OwnVisibility,
)
async def read_visibility(request: Request) -> Response:
    """The fields, uses and query parameters of the caller's role, for forms and columns."""
    return answers.ready_json(to_json(visibility.own(platform_of(request), actor_of(request))))
