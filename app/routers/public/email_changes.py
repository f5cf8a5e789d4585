"""The links in the mails about a change of e-mail."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.mailed_links import MailedLink
from app.services import email_change_links

router = APIRouter(prefix="/v1/public/email-changes", tags=["public"], route_class=PublicRoute)


@router.post(
    "/confirm",
    operation_id="public_confirm_email_change",
    summary="Confirm a new e-mail address",
    status_code=204,
    openapi_extra={"x-problems": ["one_time_token_invalid", "email_taken", "too_many_requests"]},
)
async def confirm(request: Request, body: MailedLink) -> Response:
    """With the token that the new address was mailed. The old one is told.

    The address from before every change of the last seven days may undo it.
    """
    await email_change_links.confirm(platform_of(request), actor_of(request), body.token)
    return Response(status_code=204)


@router.post(
    "/undo",
    operation_id="public_undo_email_change",
    summary="Undo a change of e-mail",
    status_code=204,
    openapi_extra={"x-problems": ["one_time_token_invalid", "email_taken", "too_many_requests"]},
)
async def undo(request: Request, body: MailedLink) -> Response:
    """With the token that the old address was mailed, for seven days.

    The address comes back, sessions end, the password opens nothing any more, and the address is
    mailed a link to choose a new one. With `email_taken` the address alone does not come back.
    """
    await email_change_links.undo(platform_of(request), actor_of(request), body.token)
    return Response(status_code=204)
