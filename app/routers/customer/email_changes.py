"""The address that one signs in with, for whoever it is that signs in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.schemas.emails import EmailChange, EmailChangeAsked
from app.services import email_changes

router = APIRouter(
    prefix="/v1/customer/email-changes", tags=["customer"], route_class=CustomerRoute
)


@router.post(
    "",
    operation_id="customer_change_email",
    summary="Sign in with another address",
    status_code=202,
    response_model=EmailChangeAsked,
    openapi_extra={"x-problems": ["step_up_required", "too_many_requests"]},
)
async def change_email(request: Request, body: EmailChange) -> Response:
    """The new address is mailed a link; nothing changes before it is opened.

    The answer is the same whether the address is known or not. The account's own address, which
    the agency writes to, is changed by `PATCH /v1/customer/profile`. Sending the address that
    stands withdraws a change.
    """
    claim = await claim_of(request)
    answer = await email_changes.ask_for_login(
        platform_of(request), actor_of(request), body.email, claim
    )
    return answers.ready_json(answer, 202)
