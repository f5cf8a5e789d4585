"""Opening an account."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.problems import language_of
from app.schemas.customers import Registration
from app.schemas.emails import AwaitingConfirmation
from app.schemas.mailed_links import MailedLink
from app.schemas.views import Registered
from app.services import pending_registrations, registrations

router = APIRouter(prefix="/v1/public/registrations", tags=["public"], route_class=PublicRoute)

_OPENED: Final = {"Location": "/v1/customer/profile"}


@router.post(
    "",
    operation_id="public_register",
    summary="Open an account",
    status_code=201,
    response_model=Registered,
    responses={
        202: {
            "model": AwaitingConfirmation,
            "description": "The account exists once the link in the mail was opened.",
        }
    },
)
async def register(request: Request, form: Registration) -> Response:
    """A customer, the login of whoever registers, and the acceptance of the policy, all or nothing.

    Accepting the policy is no consent: each purpose is answered apart in `consents`. Where
    registrations are confirmed by mail, everybody is answered 202, whoever they say they are; a
    known address is told so by mail alone.
    """
    claim = await claim_of(request)
    answer = await registrations.register(
        platform_of(request), actor_of(request), form, language_of(request.scope), claim
    )
    if answer.opened:
        return answers.ready_json(answer.body, 201, _OPENED)
    return answers.ready_json(answer.body, 202)


@router.post(
    "/confirm",
    operation_id="public_confirm_registration",
    summary="Open the account that waits for this link",
    status_code=201,
    response_model=Registered,
    openapi_extra={"x-problems": ["one_time_token_invalid", "email_taken", "too_many_requests"]},
)
async def confirm(request: Request, body: MailedLink) -> Response:
    """With what was filled in and accepted at the time; the address counts as verified."""
    answer = await pending_registrations.confirm(
        platform_of(request), actor_of(request), body.token
    )
    return answers.ready_json(answer, 201, _OPENED)
