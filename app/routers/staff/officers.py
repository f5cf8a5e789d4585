"""Officers of authorities: who they are, the call-backs that vet them, and shutting them out."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import OfficerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.officers import OfficerPage, OfficerView, Vetting
from app.services import officer_recoveries, officer_vettings, officers

router = APIRouter(prefix="/v1/staff/officers", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_officers",
    summary="Officers of authorities",
    response_model=OfficerPage,
    openapi_extra=dict(list_parameters("officer")),
)
@guards_own_query
async def list_officers(request: Request) -> Response:
    """Newest first; `status=confirmed` are those who wait for the call-back."""
    found = await officers.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{officer_id:id}",
    operation_id="staff_read_officer",
    summary="Read one officer",
    response_model=OfficerView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_officer(request: Request, officer_id: OfficerId) -> Response:
    """With their agency, and every call-back."""
    record = await officers.read(platform_of(request), actor_of(request), read_id(officer_id))
    return answers.shown(record)


@router.post(
    "/{officer_id:id}/vettings",
    operation_id="staff_vet_officer",
    summary="Record a call-back",
    status_code=201,
    response_model=OfficerView,
    openapi_extra={
        "x-problems": ["not_found", "step_up_required", "officer_state", "second_person_required"]
    },
)
async def vet_officer(request: Request, officer_id: OfficerId, form: Vetting) -> Response:
    """To the phone of the directory, by somebody who set neither that nor the agency's domains.

    Confirmed, the officer is in office for a year from now: the first time, and each time it is
    renewed. Refused, they are suspended. They are told by mail.
    """
    record = await officer_vettings.record(
        platform_of(request), actor_of(request), read_id(officer_id), form
    )
    return answers.ready_json(record.body, 201)


@router.post(
    "/{officer_id:id}/suspend",
    operation_id="staff_suspend_officer",
    summary="Shut an officer out",
    response_model=OfficerView,
    openapi_extra={"x-problems": ["not_found", "step_up_required", "officer_state"]},
)
async def suspend_officer(request: Request, officer_id: OfficerId) -> Response:
    """For the `X-Reason` that every role gives here. Sessions end within a second everywhere."""
    record = await officers.suspend(platform_of(request), actor_of(request), read_id(officer_id))
    return answers.ready_json(record.body)


@router.post(
    "/{officer_id:id}/reinstate",
    operation_id="staff_reinstate_officer",
    summary="Let a suspended officer in again",
    response_model=OfficerView,
    openapi_extra={"x-problems": ["not_found", "step_up_required", "officer_state"]},
)
async def reinstate_officer(request: Request, officer_id: OfficerId) -> Response:
    """For the `X-Reason` that every role gives here. Whose last call-back did not confirm them
    waits for another one."""
    record = await officers.reinstate(platform_of(request), actor_of(request), read_id(officer_id))
    return answers.ready_json(record.body)


@router.post(
    "/{officer_id:id}/recoveries",
    operation_id="staff_recover_officer",
    summary="Let an officer enrol a new second factor",
    status_code=201,
    response_model=OfficerView,
    openapi_extra={
        "x-problems": [
            *("not_found", "step_up_required", "officer_state"),
            *("callback_missing", "second_person_required"),
        ]
    },
)
async def recover_officer(request: Request, officer_id: OfficerId) -> Response:
    """For who lost all of them, and for the `X-Reason` that every role gives here. Within a day of
    a call-back `about` that, by somebody else than who made it. Sessions end; the official address
    gets a link that works once, with the password."""
    record = await officer_recoveries.permit(
        platform_of(request), actor_of(request), read_id(officer_id)
    )
    return answers.ready_json(record.body, 201)
