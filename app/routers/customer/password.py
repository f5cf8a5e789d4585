"""The caller's own password."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers.admission import CustomerRoute, actor_of, device_of, platform_of
from app.schemas.passwords import PasswordChange
from app.services import password_changes

router = APIRouter(prefix="/v1/customer/password", tags=["customer"], route_class=CustomerRoute)


@router.put(
    "",
    operation_id="customer_change_password",
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
