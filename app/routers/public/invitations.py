"""Accepting an invitation without being signed in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.invitations import AcceptAsNewLogin
from app.schemas.members import AccountView
from app.services import invited_logins

router = APIRouter(prefix="/v1/public/invitations", tags=["public"], route_class=PublicRoute)


@router.post(
    "/accept",
    operation_id="public_accept_invitation",
    summary="Accept an invitation with a new login",
    status_code=201,
    response_model=AccountView,
    openapi_extra={
        "x-problems": [
            *("too_many_requests", "hashing_busy", "one_time_token_invalid", "login_exists"),
            *("policy_version_not_current", "invitation_lapsed", "already_member"),
        ]
    },
)
async def accept(request: Request, form: AcceptAsNewLogin) -> Response:
    """Makes a login for the invited address, whose mail the link has proved; the policy accepted.

    An address that has a login already signs in and accepts there. One whose login has no account
    left cannot: it accepts here, with the password that it has.
    """
    answer = await invited_logins.accept(platform_of(request), actor_of(request), form)
    return answers.ready_json(answer, 201)
