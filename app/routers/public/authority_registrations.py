"""Officers of authorities register."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.emails import AwaitingConfirmation
from app.schemas.mailed_links import MailedLink
from app.schemas.officers import OfficerConfirmed, OfficerRegistration
from app.services import officer_registrations

router = APIRouter(
    prefix="/v1/public/authority-registrations", tags=["public"], route_class=PublicRoute
)


@router.post(
    "",
    operation_id="public_register_officer",
    summary="Register as an authority's officer",
    status_code=202,
    response_model=AwaitingConfirmation,
    openapi_extra={"x-problems": ["too_many_requests", "hashing_busy"]},
)
async def register(request: Request, form: OfficerRegistration) -> Response:
    """With an address in one of the agency's official domains (`GET /v1/public/agencies`).

    Whoever asks is answered the same, and a mail leaves either way: an address that is known is
    told so by mail alone.
    """
    answer = await officer_registrations.register(platform_of(request), actor_of(request), form)
    return answers.ready_json(answer, 202)


@router.post(
    "/confirm",
    operation_id="public_confirm_officer",
    summary="Confirm an officer's address",
    response_model=OfficerConfirmed,
    openapi_extra={"x-problems": ["one_time_token_invalid", "email_taken", "too_many_requests"]},
)
async def confirm(request: Request, body: MailedLink) -> Response:
    """The secret for an authenticator app, told this once. The agency is called back before the
    officer can sign in: until then they are answered `officer_not_vetted`."""
    answer = await officer_registrations.confirm(
        platform_of(request), actor_of(request), body.token
    )
    return answers.ready_json(answer)
