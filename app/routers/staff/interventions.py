"""Disabling the password of one login. Staff neither choose, type, receive nor read another."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.interventions import InterventionOrder, InterventionPage, InterventionView
from app.services import interventions

router = APIRouter(prefix="/v1/staff/interventions", tags=["staff"], route_class=StaffRoute)


@router.post(
    "",
    operation_id="staff_create_intervention",
    summary="Disable a customer's password",
    status_code=201,
    response_model=InterventionView,
    openapi_extra={"x-problems": ["not_found", "step_up_required"]},
)
async def create_intervention(request: Request, order: InterventionOrder) -> Response:
    """In one transaction the password stops working, sessions end, open links and codes die.

    The customer gets the report by mail, with a link of their own (24 hours) to choose another
    password. Director and engineer only, with a fresh proof of presence.
    """
    claim = await claim_of(request)
    answer = await interventions.create(platform_of(request), actor_of(request), order, claim)
    return answers.ready_json(answer, 201)


@router.get(
    "",
    operation_id="staff_list_interventions",
    summary="List interventions",
    response_model=InterventionPage,
    openapi_extra=dict(list_parameters("intervention")),
)
@guards_own_query
async def list_interventions(request: Request) -> Response:
    """Newest first, with the reports that the customers got."""
    found = await interventions.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
