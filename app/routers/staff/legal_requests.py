"""The desk for legal requests: entering, reading and deciding what authorities ask for."""

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.legal_workflow import READ_FIRST
from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import LegalRequestId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.preconditions import if_match, if_match_given
from app.routers.strict_route import guards_own_query
from app.schemas.legal_notices import LegalNoticePage
from app.schemas.legal_requests import (
    DeskStep,
    EnteredLegalRequest,
    LegalRequestPage,
    LegalRequestView,
    LegalStepPage,
)
from app.services import legal_notices, legal_requests, legal_steps

router = APIRouter(prefix="/v1/staff/legal-requests", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_legal_requests",
    summary="The queue of legal requests",
    response_model=LegalRequestPage,
    openapi_extra=dict(list_parameters("legal_request")),
)
@guards_own_query
async def list_legal_requests(request: Request) -> Response:
    """What is due soonest comes first with `sort=legal_due_at`; by itself, newest first.

    `status` takes several states at once, separated by commas: all that is open, say.
    """
    found = await legal_requests.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.post(
    "",
    operation_id="staff_enter_legal_request",
    summary="Enter a request that came on paper or by mail",
    status_code=201,
    response_model=LegalRequestView,
)
async def enter_legal_request(request: Request, form: EnteredLegalRequest) -> Response:
    """A draft: with the deed `submit` it is received, and its deadline counts."""
    claim = await claim_of(request)
    answer = await legal_requests.enter(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(
        answer, 201, {"Location": f"{router.prefix}/{orjson.loads(answer)['id']}"}
    )


@router.get(
    "/{legal_request_id:id}",
    operation_id="staff_read_legal_request",
    summary="Read a legal request",
    response_model=LegalRequestView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_legal_request(request: Request, legal_request_id: LegalRequestId) -> Response:
    """As it was sent, what the service found, what was decided, and what can be done next.

    With the `ETag` that an approval and a check start from.
    """
    detail = await legal_requests.read(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return answers.shown(detail)


@router.get(
    "/{legal_request_id:id}/steps",
    operation_id="staff_list_legal_steps",
    summary="The steps of a legal request",
    response_model=LegalStepPage,
    openapi_extra={**list_parameters("legal_step"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_legal_steps(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Newest first: who did what, and why."""
    found = await legal_steps.list_page(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.post(
    "/{legal_request_id:id}/steps",
    operation_id="staff_advance_legal_request",
    summary="Do the next step of a legal request",
    response_model=LegalRequestView,
    openapi_extra={
        "x-problems": [
            "not_found",
            "legal_request_state",
            "second_person_required",
            "step_up_required",
            "nothing_granted",
            "nothing_refused",
            "must_be_narrowed",
            "target_ambiguous",
            "signature_unsound",
            "document_missing",
        ]
    },
)
async def advance_legal_request(
    request: Request, legal_request_id: LegalRequestId, form: DeskStep
) -> Response:
    """`next` of the request says which deeds there are. Each is signed with your name.

    To approve and to check, `If-Match` names what was read: `*` is answered 412.
    """
    tags = if_match(request) if form.deed in READ_FIRST else if_match_given(request)
    detail = await legal_steps.advance(
        platform_of(request), actor_of(request), read_id(legal_request_id), form, tags
    )
    return answers.shown(detail)


@router.get(
    "/{legal_request_id:id}/notices",
    operation_id="staff_list_legal_notices",
    summary="Who is told of a legal request, and when",
    response_model=LegalNoticePage,
    openapi_extra={**list_parameters("legal_notice"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_legal_notices(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Each matched customer of whom something is granted: told, to be told, or why not."""
    found = await legal_notices.list_of_request(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)
