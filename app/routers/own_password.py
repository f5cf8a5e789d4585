"""The caller's own password: the same route behind every door with sign-in."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import actor_of, device_of, platform_of
from app.routers.strict_route import StrictRoute
from app.schemas.passwords import PasswordChange
from app.services import password_changes
from app.services.owners import Door


def routes(door: Door, route_class: type[StrictRoute]) -> APIRouter:
    """The route of one door."""
    router = APIRouter(prefix=f"/v1/{door}/password", tags=[door], route_class=route_class)

    @router.put(
        "",
        operation_id=f"{door}_change_password",
        summary="Change my password",
        status_code=204,
        openapi_extra={
            "x-problems": ["step_up_required", "conflict", "too_many_requests", "hashing_busy"]
        },
    )
    async def change_password(request: Request, body: PasswordChange) -> Response:
        """All other sessions of the caller end, and a mail tells of it; this session goes on.

        Wants a proof of presence of the last five minutes.
        """
        await password_changes.change(
            platform_of(request),
            replace(actor_of(request), device=device_of(request)),
            body.current_password.get_secret_value(),
            body.new_password.get_secret_value(),
        )
        return Response(status_code=204)

    return router
