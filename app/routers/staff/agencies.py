"""The directory of agencies, as those who answer for it keep it."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import AgencyId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import agency_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.agencies import AgencyPage, AgencyPatch, AgencyView, NewAgency
from app.services import agencies

router = APIRouter(prefix="/v1/staff/agencies", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_agencies",
    summary="Agencies",
    response_model=AgencyPage,
    openapi_extra=dict(list_parameters("agency")),
)
@guards_own_query
async def list_agencies(request: Request) -> Response:
    """Newest first, the suspended ones too."""
    found = await agencies.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.post(
    "",
    operation_id="staff_enter_agency",
    summary="Enter an agency",
    status_code=201,
    response_model=AgencyView,
    openapi_extra={"x-problems": ["step_up_required", "agency_name_taken"]},
)
async def enter_agency(request: Request, form: NewAgency) -> Response:
    """Out of public sources. Its officers can register once a second person confirmed it; whoever
    enters it vets none."""
    claim = await claim_of(request)
    answer = await agencies.enter(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(answer, 201)


@router.get(
    "/{agency_id:id}",
    operation_id="staff_read_agency",
    summary="Read one agency",
    response_model=AgencyView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_agency(request: Request, agency_id: AgencyId) -> Response:
    """With the `ETag` that a change starts from."""
    record = await agencies.read(platform_of(request), actor_of(request), read_id(agency_id))
    return answers.shown(record)


@router.patch(
    "/{agency_id:id}",
    operation_id="staff_update_agency",
    summary="Correct or suspend an agency",
    response_model=AgencyView,
    openapi_extra={
        "x-body": AgencyPatch.__name__,
        "x-problems": ["not_found", "step_up_required", "agency_name_taken"],
    },
)
async def update_agency(
    request: Request, agency_id: AgencyId, body: Annotated[dict[str, Any], Body()]
) -> Response:
    """Whoever changes phone or domains vets no officer of it, and proves to be there, as for kind
    and status. While an agency is suspended none of its officers signs in or acts; nor while what
    was changed of kind, phone or domains waits for a second person's confirmation. Officers whose
    domain it gives up are to be vetted anew."""
    record = await agencies.change(
        platform_of(request),
        actor_of(request),
        read_id(agency_id),
        body,
        agency_changes,
        if_match(request),
    )
    return answers.shown(record)


@router.post(
    "/{agency_id:id}/confirm",
    operation_id="staff_confirm_agency",
    summary="Confirm an agency, as a second person",
    response_model=AgencyView,
    openapi_extra={"x-problems": ["not_found", "step_up_required", "second_person_required"]},
)
async def confirm_agency(request: Request, agency_id: AgencyId) -> Response:
    """That its kind, phone and domains, as you have read them, are those of the public source.

    By somebody who is behind none of the three. Only then its officers can register and act.
    """
    record = await agencies.confirm(
        platform_of(request), actor_of(request), read_id(agency_id), if_match(request)
    )
    return answers.shown(record)
