"""Whether the address that one signs in with is verified."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.schemas.emails import EmailVerification
from app.services import email_verifications

router = APIRouter(
    prefix="/v1/customer/email-verification", tags=["customer"], route_class=CustomerRoute
)


@router.post(
    "",
    operation_id="customer_send_email_verification",
    summary="Mail me the link that verifies my address",
    status_code=202,
    response_model=EmailVerification,
    openapi_extra={"x-problems": ["too_many_requests"]},
)
async def send(request: Request) -> Response:
    """To the address that the caller signs in with; links of before open nothing any more."""
    status = await email_verifications.send(platform_of(request), actor_of(request))
    return answers.ready_json(to_json({"status": status}), 202)
