"""Signing in by passkey: no name, no password."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.auth.delivery import deliver, require_own_page
from app.routers.auth.visitor_history import join_history
from app.schemas.auth import TokenPair
from app.schemas.authenticators import CustomerPasskeySignIn, PasskeyOptions, PasskeySignIn
from app.services import passkey_sign_in

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=PublicRoute)


@router.post(
    "/customer/passkey/options",
    operation_id="auth_customer_ask_passkey",
    summary="Ask the browser for a customer's passkey",
    response_model=PasskeyOptions,
)
async def ask_customer(request: Request) -> Response:
    """Request options, the same whoever asks; the answer goes to `…/passkey/token`."""
    asked = await passkey_sign_in.ask_customer(platform_of(request), actor_of(request))
    return answers.asked(asked.challenge_id, asked.options)


@router.post(
    "/customer/passkey/token",
    operation_id="auth_customer_passkey_sign_in",
    summary="Sign in as a customer by passkey",
    response_model=TokenPair,
)
async def customer(request: Request, body: CustomerPasskeySignIn) -> Response:
    """The answer to a failure is the same whatever was wrong."""
    if body.delivery == "cookie":
        require_own_page(request)
    tokens = await passkey_sign_in.customer(
        platform_of(request),
        body.challenge_id,
        body.credential,
        body.customer_id,
        actor_of(request),
    )
    await join_history(request, tokens)
    return deliver(request, tokens, body.delivery)


@router.post(
    "/staff/passkey/options",
    operation_id="auth_staff_ask_passkey",
    summary="Ask the browser for a staff member's passkey",
    response_model=PasskeyOptions,
)
async def ask_staff(request: Request) -> Response:
    """Request options, the same whoever asks; the answer goes to `…/passkey/token`."""
    asked = await passkey_sign_in.ask_staff(platform_of(request), actor_of(request))
    return answers.asked(asked.challenge_id, asked.options)


@router.post(
    "/staff/passkey/token",
    operation_id="auth_staff_passkey_sign_in",
    summary="Sign in as staff by passkey",
    response_model=TokenPair,
)
async def staff(request: Request, body: PasskeySignIn) -> Response:
    """A passkey counts as both factors."""
    if body.delivery == "cookie":
        require_own_page(request)
    tokens = await passkey_sign_in.staff(
        platform_of(request), body.challenge_id, body.credential, actor_of(request)
    )
    return deliver(request, tokens, body.delivery)
