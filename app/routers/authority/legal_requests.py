"""Requests for customers' data, as the officials who send them see them."""

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import AuthorityRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import LegalRequestId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.legal_requests import (
    LegalRequestPage,
    LegalRequestView,
    LegalStepPage,
    NewLegalRequest,
    SenderStep,
)
from app.services import legal_requests, legal_steps

router = APIRouter(
    prefix="/v1/authority/legal-requests", tags=["authority"], route_class=AuthorityRoute
)


@router.post(
    "",
    operation_id="authority_create_legal_request",
    summary="Draft a request",
    status_code=201,
    response_model=LegalRequestView,
)
async def create_legal_request(request: Request, form: NewLegalRequest) -> Response:
    """Nobody else sees a draft. With the deed `submit` it is received, and its deadline counts."""
    claim = await claim_of(request)
    answer = await legal_requests.send(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(
        answer, 201, {"Location": f"{router.prefix}/{orjson.loads(answer)['id']}"}
    )


@router.get(
    "",
    operation_id="authority_list_legal_requests",
    summary="My requests",
    response_model=LegalRequestPage,
    openapi_extra=dict(list_parameters("legal_request", Viewer.AUTHORITY)),
)
@guards_own_query
async def list_legal_requests(request: Request) -> Response:
    """Those that you sent, and those that a colleague had you act for; newest first."""
    found = await legal_requests.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{legal_request_id:id}",
    operation_id="authority_read_legal_request",
    summary="One of my requests",
    response_model=LegalRequestView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_legal_request(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Where it stands, and what was decided; never whether somebody is a customer."""
    detail = await legal_requests.read(
        platform_of(request), actor_of(request), read_id(legal_request_id)
    )
    return answers.shown(detail)


@router.get(
    "/{legal_request_id:id}/steps",
    operation_id="authority_list_legal_steps",
    summary="The steps of one of my requests",
    response_model=LegalStepPage,
    openapi_extra={
        **list_parameters("legal_step", Viewer.AUTHORITY),
        "x-problems": ["not_found"],
    },
)
@guards_own_query
async def list_legal_steps(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Newest first, each with who took it, why, and the law that it rests on."""
    found = await legal_steps.list_page(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.post(
    "/{legal_request_id:id}/steps",
    operation_id="authority_advance_legal_request",
    summary="Do the next step of one of my requests",
    response_model=LegalRequestView,
    openapi_extra={"x-problems": ["not_found", "legal_request_state", "document_missing"]},
)
async def advance_legal_request(
    request: Request, legal_request_id: LegalRequestId, form: SenderStep
) -> Response:
    """`next` of the request says which deeds there are."""
    detail = await legal_steps.advance(
        platform_of(request), actor_of(request), read_id(legal_request_id), form
    )
    return answers.shown(detail)
