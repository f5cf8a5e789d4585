"""What becomes of a version of the policy once it was announced."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import PolicyVersion, read_version
from app.schemas.policies import PolicyView
from app.services import policy_publication

router = APIRouter(prefix="/v1/staff/policies", tags=["staff"], route_class=StaffRoute)


@router.post(
    "/{version:version}/withdraw",
    operation_id="staff_withdraw_policy",
    summary="Withdraw a version of the policy before its moment",
    response_model=PolicyView,
    openapi_extra={"x-problems": ["not_found", "step_up_required", "policy_in_force"]},
)
async def withdraw_policy(request: Request, version: PolicyVersion) -> Response:
    """It never comes into force, and stays to be read, marked as withdrawn."""
    policy = await policy_publication.withdraw(
        platform_of(request), actor_of(request), read_version(version)
    )
    return answers.shown(policy)
