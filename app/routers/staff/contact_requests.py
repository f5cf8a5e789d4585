"""What people write to the agency, for those who answer it."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import ContactRequestId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import contact_request_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.contact_requests import (
    ContactRequestPage,
    ContactRequestPatch,
    ContactRequestView,
    NewAnswer,
)
from app.services import contact_desk

router = APIRouter(prefix="/v1/staff/contact-requests", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_contact_requests",
    summary="What people asked",
    response_model=ContactRequestPage,
    openapi_extra=dict(list_parameters("contact_request")),
)
@guards_own_query
async def list_requests(request: Request) -> Response:
    """Newest first, each role its topics: support `contact`, marketing `quote`, others all.

    With `status=suspected_spam`: what was kept apart, with what spoke against it.
    """
    found = await contact_desk.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{contact_request_id:id}",
    operation_id="staff_read_contact_request",
    summary="Read one request",
    response_model=ContactRequestView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_request(request: Request, contact_request_id: ContactRequestId) -> Response:
    """With the `ETag` that a change starts from."""
    record = await contact_desk.read(
        platform_of(request), actor_of(request), read_id(contact_request_id)
    )
    return answers.shown(record)


@router.patch(
    "/{contact_request_id:id}",
    operation_id="staff_update_contact_request",
    summary="Close, release, move or assign a request",
    response_model=ContactRequestView,
    openapi_extra={
        "x-body": ContactRequestPatch.__name__,
        "x-problems": ["not_found", "conflict"],
    },
)
async def update_request(
    request: Request,
    contact_request_id: ContactRequestId,
    body: Annotated[dict[str, Any], Body()],
) -> Response:
    """`open` releases what was kept apart as spam, and acknowledges it. `closed` with the reason
    `answered` wants an answer first; so do, for `privacy`, those that nobody was told of.

    `topic` moves a request, mostly to `privacy`: its deadline counts from when it came, and it is
    shown once more to who moves it out of their sight.
    """
    platform = platform_of(request)
    tags = if_match(request)
    async with platform.database.transaction() as connection:
        record = await contact_desk.change(
            platform,
            connection,
            actor_of(request),
            read_id(contact_request_id),
            body,
            contact_request_changes,
            tags,
        )
    return answers.shown(record)


@router.post(
    "/{contact_request_id:id}/answers",
    operation_id="staff_answer_contact_request",
    summary="Answer a request",
    status_code=201,
    response_model=ContactRequestView,
    openapi_extra={"x-problems": ["not_found", "conflict"]},
)
async def answer_request(
    request: Request, contact_request_id: ContactRequestId, form: NewAnswer
) -> Response:
    """Mailed to whoever asked, and kept; customers who asked signed in see it in their area.

    An answer that is not `interim` stops the law's clock. In the mail web addresses are taken
    apart, so that no link stands there but our own.
    """
    claim = await claim_of(request)
    answer = await contact_desk.answer(
        platform_of(request), actor_of(request), read_id(contact_request_id), form, claim
    )
    return answers.ready_json(answer, 201)
