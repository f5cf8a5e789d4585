"""Incidents: the register, and dealing with all the logins that one of them touches."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import IncidentId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import incident_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.anpd_form import AnpdFormState
from app.schemas.deliveries import DeliveryPage
from app.schemas.incidents import (
    Confirmation,
    IncidentDetail,
    IncidentDraft,
    IncidentPage,
    IncidentPatch,
    IncidentPreview,
    IncidentSize,
)
from app.services import (
    incident_deliveries,
    incident_form,
    incident_preview,
    incident_retry,
    incident_start,
    incidents,
)

router = APIRouter(prefix="/v1/staff/incidents", tags=["staff"], route_class=StaffRoute)


@router.post(
    "",
    operation_id="staff_create_incident",
    summary="Enter an incident",
    status_code=201,
    response_model=IncidentDetail,
)
async def create_incident(request: Request, draft: IncidentDraft) -> Response:
    """A draft, with the number of logins that it would touch (`expected`): nothing is done yet."""
    claim = await claim_of(request)
    answer = await incidents.create(platform_of(request), actor_of(request), draft, claim)
    return answers.ready_json(
        answer, 201, {"Location": f"{router.prefix}/{orjson.loads(answer)['id']}"}
    )


@router.post(
    "/preview",
    operation_id="staff_preview_incident",
    summary="Count the logins that an incident would touch",
    response_model=IncidentSize,
)
async def preview_incident(request: Request, preview: IncidentPreview) -> Response:
    """For whoever may enter one. Nothing is stored but that it was asked."""
    expected = await incident_preview.count(platform_of(request), actor_of(request), preview)
    return answers.ready_json(to_json({"expected": expected}))


@router.get(
    "",
    operation_id="staff_list_incidents",
    summary="Read the register of incidents",
    response_model=IncidentPage,
    openapi_extra=dict(list_parameters("incident")),
)
@guards_own_query
async def list_incidents(request: Request) -> Response:
    """Newest first, with their clocks. Entries are kept for five years at least."""
    found = await incidents.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{incident_id:id}",
    operation_id="staff_read_incident",
    summary="Read an incident and its progress",
    response_model=IncidentDetail,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_incident(request: Request, incident_id: IncidentId) -> Response:
    """The record, its clocks, and how many logins and mails are in which state."""
    detail = await incidents.read(platform_of(request), actor_of(request), read_id(incident_id))
    return answers.shown(detail)


@router.patch(
    "/{incident_id:id}",
    operation_id="staff_update_incident",
    summary="Fill in an incident's form",
    response_model=IncidentDetail,
    openapi_extra={"x-body": IncidentPatch.__name__, "x-problems": ["not_found"]},
)
async def update_incident(
    request: Request, incident_id: IncidentId, body: Annotated[dict[str, Any], Body()]
) -> Response:
    """Title, day and form, before and after it is dealt with; null clears a member of the form."""
    platform = platform_of(request)
    tags = if_match(request)
    async with platform.database.transaction() as connection:
        detail = await incidents.change(
            platform,
            connection,
            actor_of(request),
            read_id(incident_id),
            body,
            incident_changes,
            tags,
        )
    return answers.shown(detail)


@router.post(
    "/{incident_id:id}/confirm",
    operation_id="staff_confirm_incident",
    summary="Confirm an incident, as a second person",
    response_model=IncidentDetail,
    openapi_extra={
        "x-problems": [
            "not_found",
            "step_up_required",
            "second_person_required",
            "count_changed",
            "incident_not_draft",
        ]
    },
)
async def confirm_incident(
    request: Request, incident_id: IncidentId, body: Confirmation
) -> Response:
    """Fixes the logins and starts disabling their passwords; whoever entered it cannot confirm it.

    Director and engineer only, with a fresh proof of presence. When the count is no longer what
    the caller saw, nothing is done, and the refusal tells the new one.
    """
    detail = await incident_start.confirm(
        platform_of(request), actor_of(request), read_id(incident_id), body.expected_count
    )
    return answers.shown(detail)


@router.post(
    "/{incident_id:id}/cancel",
    operation_id="staff_cancel_incident",
    summary="Cancel an incident before it is confirmed",
    response_model=IncidentDetail,
    openapi_extra={"x-problems": ["not_found", "incident_not_draft"]},
)
async def cancel_incident(request: Request, incident_id: IncidentId) -> Response:
    """Nobody's password is touched; the entry stays in the register."""
    platform = platform_of(request)
    async with platform.database.transaction() as connection:
        detail = await incidents.cancel(
            platform, connection, actor_of(request), read_id(incident_id)
        )
    return answers.shown(detail)


@router.post(
    "/{incident_id:id}/retry",
    operation_id="staff_retry_incident",
    summary="Try an incident's failed logins again",
    response_model=IncidentDetail,
    openapi_extra={"x-problems": ["not_found"]},
)
async def retry_incident(request: Request, incident_id: IncidentId) -> Response:
    """For those that `progress.failed` counts, once what they failed of is mended.

    An incident with failed logins stays `running`. No login is dealt with twice.
    """
    platform = platform_of(request)
    async with platform.database.transaction() as connection:
        detail = await incident_retry.retry(
            platform, connection, actor_of(request), read_id(incident_id)
        )
    return answers.shown(detail)


@router.get(
    "/{incident_id:id}/anpd-form",
    operation_id="staff_read_anpd_form",
    summary="Read ANPD's form, as far as it is filled in",
    response_model=AnpdFormState,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_anpd_form(request: Request, incident_id: IncidentId) -> Response:
    """The members of the communication (Res. CD/ANPD 15/2024, art. 6) and what they still lack."""
    state = await incident_form.show(platform_of(request), actor_of(request), read_id(incident_id))
    return answers.ready_json(state)


@router.get(
    "/{incident_id:id}/deliveries",
    operation_id="staff_list_incident_deliveries",
    summary="Follow an incident's mails",
    response_model=DeliveryPage,
    openapi_extra={**list_parameters("outbox_message"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_deliveries(request: Request, incident_id: IncidentId) -> Response:
    """Recipient by recipient: state, attempts, the mail server's last reply, times."""
    found = await incident_deliveries.list_page(
        platform_of(request),
        actor_of(request),
        read_id(incident_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)
