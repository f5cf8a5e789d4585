"""The agencies whose officers can register."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.agencies import AgencyPage
from app.services import agencies

router = APIRouter(prefix="/v1/public/agencies", tags=["public"], route_class=PublicRoute)


@router.get(
    "",
    operation_id="public_list_agencies",
    summary="The agencies whose officers can register",
    response_model=AgencyPage,
    openapi_extra=dict(list_parameters("agency", Viewer.PUBLIC)),
)
@guards_own_query
async def list_agencies(request: Request) -> Response:
    """Newest first, with their official mail domains. An agency that is missing writes to us."""
    found = await agencies.list_published(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
