"""Opening an account."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.schemas.customers import Registration
from app.schemas.views import Registered
from app.services import registrations

router = APIRouter(prefix="/v1/public/registrations", tags=["public"], route_class=PublicRoute)


@router.post(
    "",
    operation_id="public_register",
    summary="Open an account",
    status_code=201,
    response_model=Registered,
)
async def register(request: Request, form: Registration) -> Response:
    """A customer, the login of whoever registers, and the acceptance of the policy, all or nothing.

    Accepting the policy is no consent: each purpose is answered apart in `consents`.
    """
    claim = await claim_of(request)
    answer = await registrations.register(platform_of(request), actor_of(request), form, claim)
    return answers.ready_json(answer, 201, {"Location": "/v1/customer/profile"})
