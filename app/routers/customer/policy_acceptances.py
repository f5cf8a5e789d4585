"""Accepting the privacy policy, and seeing what one accepted."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.schemas.policies import NewPolicyAcceptance, PolicyAcceptances, PolicyAcceptanceView
from app.services import policy_acceptances

router = APIRouter(
    prefix="/v1/customer/policy-acceptances", tags=["customer"], route_class=CustomerRoute
)


@router.post(
    "",
    operation_id="customer_accept_policy",
    summary="Accept a version of the privacy policy",
    response_model=PolicyAcceptanceView,
    openapi_extra={"x-problems": ["policy_version_not_current"]},
)
async def accept_policy(request: Request, form: NewPolicyAcceptance) -> Response:
    """On record with hash, moment and network. Accepting again changes nothing."""
    accepted = await policy_acceptances.accept(
        platform_of(request), actor_of(request), form.version
    )
    return answers.ready_json(accepted)


@router.get(
    "",
    operation_id="customer_list_policy_acceptances",
    summary="List what I accepted",
    response_model=PolicyAcceptances,
)
async def list_policy_acceptances(request: Request) -> Response:
    """Of the caller's own login, newest first, all at once."""
    found = await policy_acceptances.list_own(platform_of(request), actor_of(request))
    return answers.ready_json(found)
