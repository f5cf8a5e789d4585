"""Officers of authorities who lost every second factor."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.officers import OfficerFactor, OfficerRecovery
from app.services import officer_recoveries

router = APIRouter(
    prefix="/v1/public/authority-recoveries", tags=["public"], route_class=PublicRoute
)


@router.post(
    "/confirm",
    operation_id="public_recover_officer",
    summary="Enrol a new second factor with the link",
    response_model=OfficerFactor,
    openapi_extra={"x-problems": ["one_time_token_invalid", "too_many_requests", "hashing_busy"]},
)
async def confirm(request: Request, body: OfficerRecovery) -> Response:
    """The link comes by mail after the agency was called back; it works once, with the password.

    The new authenticator app takes the place of every factor and recovery code; sessions end.
    """
    answer = await officer_recoveries.confirm(
        platform_of(request), actor_of(request), body.token, body.password.get_secret_value()
    )
    return answers.ready_json(answer)
