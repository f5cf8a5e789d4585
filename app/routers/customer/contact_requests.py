"""What signed-in customers ask, and what they were answered."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.contact_requests import (
    ContactRequestPage,
    ContactRequestView,
    OwnContactRequest,
)
from app.services import contact_requests

router = APIRouter(
    prefix="/v1/customer/contact-requests", tags=["customer"], route_class=CustomerRoute
)


@router.post(
    "",
    operation_id="customer_ask",
    summary="Ask about my data, write to the agency, or ask for a quote",
    status_code=201,
    response_model=ContactRequestView,
    openapi_extra={"x-problems": ["too_many_requests", "hashing_busy"]},
)
async def ask(request: Request, form: OwnContactRequest) -> Response:
    """In the name and at the address of the caller's login. No form and no work is wanted here.

    A question about personal data is answered in full by `due_at`. Passwords are taken out of
    subject and message before they are stored.
    """
    claim = await claim_of(request)
    answer = await contact_requests.ask_signed_in(
        platform_of(request), actor_of(request), form, claim
    )
    return answers.ready_json(answer, 201)


@router.get(
    "",
    operation_id="customer_list_contact_requests",
    summary="What I asked, with the answers",
    response_model=ContactRequestPage,
    openapi_extra=dict(list_parameters("contact_request", Viewer.SELF)),
)
@guards_own_query
async def list_requests(request: Request) -> Response:
    """Newest first: what this login asked in this account while signed in."""
    found = await contact_requests.list_own(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
