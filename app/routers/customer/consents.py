"""What the account consents to, and the proof of it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import ConsentEventId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.problems import language_of
from app.routers.strict_route import guards_own_query
from app.schemas.consents import (
    ConsentEventPage,
    ConsentEventView,
    ConsentReceipt,
    ConsentStateList,
    ConsentStatement,
)
from app.services import consent_receipts, consent_standing, consent_statements

router = APIRouter(prefix="/v1/customer/consents", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_list_consents",
    summary="What I consent to",
    response_model=ConsentStateList,
)
async def list_consents(request: Request) -> Response:
    """Each purpose that this account is asked for. Nothing is answered in advance: `not_asked`.

    Needs the permission `consents` in this account. The words stand in `GET /v1/public/purposes`.
    """
    body = await consent_standing.list_own(platform_of(request), actor_of(request))
    return answers.ready_json(body)


@router.post(
    "",
    operation_id="customer_say_consent",
    summary="Say yes, no, or no longer",
    status_code=201,
    response_model=ConsentEventView,
    openapi_extra={
        "x-problems": ["unknown_purpose", "purpose_version_not_current", "account_closed"]
    },
)
async def say_consent(request: Request, form: ConsentStatement) -> Response:
    """One purpose, one event. A no after a yes withdraws it, from this moment on, everywhere.

    A yes to a third party replaces the one before: what it leaves out, it takes back.
    A yes names the `version` of the words that were shown. Needs the permission `consents`.
    """
    claim = await claim_of(request)
    language = language_of(request.scope)
    body = await consent_statements.say(
        platform_of(request), actor_of(request), form, language, claim
    )
    return answers.ready_json(body, 201)


@router.get(
    "/history",
    operation_id="customer_list_consent_events",
    summary="All that was ever said",
    response_model=ConsentEventPage,
    openapi_extra=dict(list_parameters("consent_event", Viewer.SELF)),
)
@guards_own_query
async def list_events(request: Request) -> Response:
    """The ledger of this account, newest first. Rows are only ever added."""
    found = await consent_statements.list_own(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{consent_event_id:id}",
    operation_id="customer_read_consent_event",
    summary="One event",
    response_model=ConsentEventView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_event(request: Request, consent_event_id: ConsentEventId) -> Response:
    """Who said what, to which words, when and how."""
    record = await consent_statements.read(
        platform_of(request), actor_of(request), read_id(consent_event_id)
    )
    return answers.shown(record)


@router.get(
    "/{consent_event_id:id}/receipt",
    operation_id="customer_read_consent_receipt",
    summary="The receipt of one event",
    response_model=ConsentReceipt,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_receipt(request: Request, consent_event_id: ConsentEventId) -> Response:
    """Signed; anybody can check it with the published keys, without asking us."""
    body = await consent_receipts.issue_own(
        platform_of(request), actor_of(request), read_id(consent_event_id)
    )
    return answers.ready_json(body)
