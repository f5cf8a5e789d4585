"""Forgotten passwords, and those that an intervention disabled."""

from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.passwords import PasswordReset, PasswordResetRequest
from app.services import password_resets

router = APIRouter(prefix="/v1/public/password-resets", tags=["public"], route_class=PublicRoute)


@router.post(
    "",
    operation_id="public_request_password_reset",
    summary="Ask for a link to choose a new password",
    status_code=202,
    response_class=Response,
    response_description="Asked for. Whether the address is known is told to nobody.",
    openapi_extra={"x-problems": ["too_many_requests"]},
)
async def ask(request: Request, body: PasswordResetRequest) -> Response:
    """A mail with a link that works once, for half an hour, if one signs in with the address.

    The answer is the same whoever is asked about.
    """
    kind: Literal["login", "officer"] = "login" if body.door == "customer" else "officer"
    await password_resets.ask(platform_of(request), actor_of(request), body.email, kind)
    return Response(status_code=202)


@router.post(
    "/confirm",
    operation_id="public_reset_password",
    summary="Choose a new password with the link",
    status_code=204,
    openapi_extra={"x-problems": ["one_time_token_invalid", "too_many_requests", "hashing_busy"]},
)
async def confirm(request: Request, body: PasswordReset) -> Response:
    """With the token of a recovery's link, or of an intervention's. Every session ends.

    The link of an intervention may remove every second factor, for who is locked out by one that is
    not theirs. A weak password is refused and leaves the link good.
    """
    await password_resets.confirm(
        platform_of(request),
        actor_of(request),
        body.token,
        body.new_password.get_secret_value(),
        remove_second_factors=body.remove_second_factors,
    )
    return Response(status_code=204)
