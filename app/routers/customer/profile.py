"""The customer's own record."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import Failure
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.patches import OWN_PATCH, customer_changes
from app.routers.preconditions import if_match
from app.schemas.views import CustomerView
from app.services import customers

router = APIRouter(prefix="/v1/customer/profile", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_read_profile",
    summary="Read my registration",
    response_model=CustomerView,
)
async def read_profile(request: Request) -> Response:
    """Everything that the agency keeps about the account and that its owner may see."""
    actor = actor_of(request)
    if actor.customer_id is None:
        raise Failure("not_found")
    return answers.shown(await customers.read(platform_of(request), actor, actor.customer_id))


@router.patch(
    "",
    operation_id="customer_update_profile",
    summary="Change my registration",
    response_model=CustomerView,
    openapi_extra={
        "x-body": OWN_PATCH,
        "x-problems": [
            *(
                "account_closed",
                "step_up_required",
                "too_many_requests",
                "hashing_busy",
            ),
        ],
    },
)
async def update_profile(request: Request, body: Annotated[dict[str, Any], Body()]) -> Response:
    """Name, e-mail, phone, tax id, address and preferences; null clears what may be empty.

    Another e-mail address wants a fresh proof of presence, and is only pending until the link that
    it is mailed was opened; then it is the address that the caller signs in with, too, if that was
    the same. Sending the address that stands withdraws it. A text that holds a password is refused.
    """
    platform, actor = platform_of(request), actor_of(request)
    tags = if_match(request)
    if actor.customer_id is None:
        raise Failure("not_found")
    await customers.screen(platform, actor, body, customer_changes)
    async with platform.database.transaction() as connection:
        record = await customers.change(
            platform, connection, actor, actor.customer_id, body, customer_changes, tags
        )
    return answers.shown(record)
