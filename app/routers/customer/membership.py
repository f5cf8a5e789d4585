"""The caller's own place in the account."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.schemas.members import MemberView
from app.services import member_changes, members

router = APIRouter(prefix="/v1/customer/membership", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_read_membership",
    summary="What may I do in this account?",
    response_model=MemberView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_membership(request: Request) -> Response:
    """The caller's own permissions, and until when they last."""
    return answers.shown(await members.read_own(platform_of(request), actor_of(request)))


@router.delete(
    "",
    operation_id="customer_leave",
    summary="Leave this account",
    status_code=204,
    openapi_extra={"x-problems": ["step_up_required", "not_found", "last_owner"]},
)
async def leave(request: Request) -> Response:
    """Give one's own place up. The last owner whose place has no end cannot."""
    await member_changes.leave(platform_of(request), actor_of(request))
    return Response(status_code=204)
