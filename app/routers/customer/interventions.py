"""What the agency did to the caller's own password, and why."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.identifiers import InterventionId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.interventions import InterventionPage, InterventionView
from app.services import interventions

router = APIRouter(
    prefix="/v1/customer/interventions", tags=["customer"], route_class=CustomerRoute
)


@router.get(
    "",
    operation_id="customer_list_interventions",
    summary="List the reports about my password",
    response_model=InterventionPage,
    openapi_extra=dict(list_parameters("intervention", Viewer.SELF)),
)
@guards_own_query
async def list_interventions(request: Request) -> Response:
    """Newest first: each time the agency disabled the caller's own password."""
    found = await interventions.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{intervention_id:id}",
    operation_id="customer_read_intervention",
    summary="Read a report about my password",
    response_model=InterventionView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_intervention(request: Request, intervention_id: InterventionId) -> Response:
    """What was changed, why, when, by which role, what nobody saw, and what to do next."""
    report = await interventions.read(
        platform_of(request), actor_of(request), read_id(intervention_id)
    )
    return answers.shown(report)
