"""Proving to be there now, for what wants it (RFC 9470)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import SignedInRoute, actor_of, platform_of
from app.schemas.authenticators import PasskeyOptions, Presence, StepUp
from app.services import step_up
from app.services.second_factors import Code

router = APIRouter(prefix="/v1/auth/step-up", tags=["auth"], route_class=SignedInRoute)


@router.post(
    "/options",
    operation_id="auth_ask_step_up",
    summary="Ask the browser for one of my passkeys",
    response_model=PasskeyOptions,
)
async def ask(request: Request) -> Response:
    """Request options for the caller's own passkeys; the answer goes to `/v1/auth/step-up`."""
    asked = await step_up.ask(platform_of(request), actor_of(request))
    return answers.asked(asked.challenge_id, asked.options)


@router.post("", operation_id="auth_step_up", summary="Confirm that it is me")
async def prove(request: Request, body: StepUp) -> Presence:
    """With the access token of whichever door. The session counts as proved for
    `expires_in` seconds; a fresh sign-in does, too, and a refresh does not."""
    said = {name: getattr(body, name) for name in body.model_fields_set}
    password, totp, recovery = (said.get(name) for name in ("password", "totp", "recovery_code"))
    shown = step_up.Shown(
        password=None if password is None else password.get_secret_value(),
        code=Code(totp, recovery) or None,
        challenge_id=said.get("challenge_id"),
        credential=said.get("credential"),
    )
    proved_at = await step_up.prove(platform_of(request), actor_of(request), shown)
    return Presence(proved_at=proved_at, expires_in=step_up.SECONDS)
