"""Proving that the address of a login is read."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.mailed_links import MailedLink
from app.services import email_verifications

router = APIRouter(
    prefix="/v1/public/email-verifications", tags=["public"], route_class=PublicRoute
)


@router.post(
    "/confirm",
    operation_id="public_confirm_email",
    summary="Confirm an e-mail address",
    status_code=204,
    openapi_extra={"x-problems": ["one_time_token_invalid", "too_many_requests"]},
)
async def confirm(request: Request, body: MailedLink) -> Response:
    """With the token of the link that was mailed to the address."""
    await email_verifications.confirm(platform_of(request), actor_of(request), body.token)
    return Response(status_code=204)
