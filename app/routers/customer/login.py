"""The caller's own login."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.schemas.logins import LoginView
from app.services import logins

router = APIRouter(prefix="/v1/customer/login", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_read_login",
    summary="Who am I here?",
    response_model=LoginView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_login(request: Request) -> Response:
    """The address to sign in with, whether it is verified, and how the password stands."""
    return answers.shown(await logins.read_own(platform_of(request), actor_of(request)))
