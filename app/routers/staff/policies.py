"""What becomes of a version of the policy once it was announced, and whom the news reached."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import PolicyVersion, read_version
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.deliveries import DeliveryPage, PolicyDelivery
from app.schemas.policies import PolicyView
from app.services import policy_deliveries, policy_publication

router = APIRouter(prefix="/v1/staff/policies", tags=["staff"], route_class=StaffRoute)


@router.post(
    "/{version:version}/withdraw",
    operation_id="staff_withdraw_policy",
    summary="Withdraw a version of the policy before its moment",
    response_model=PolicyView,
    openapi_extra={"x-problems": ["not_found", "step_up_required", "policy_in_force"]},
)
async def withdraw_policy(request: Request, version: PolicyVersion) -> Response:
    """It never comes into force. What was mailed of it is taken back as far as it can be."""
    policy = await policy_publication.withdraw(
        platform_of(request), actor_of(request), read_version(version)
    )
    return answers.shown(policy)


@router.get(
    "/{version:version}/delivery",
    operation_id="staff_read_policy_delivery",
    summary="See how far everybody was told of a version",
    response_model=PolicyDelivery,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_delivery(request: Request, version: PolicyVersion) -> Response:
    """Every recipient is in exactly one state: the figures account for all who were told."""
    report = await policy_deliveries.read(
        platform_of(request), actor_of(request), read_version(version)
    )
    return answers.ready_json(report)


@router.post(
    "/{version:version}/delivery",
    operation_id="staff_resume_policy_delivery",
    summary="Tell those whom nobody told",
    response_model=PolicyDelivery,
    openapi_extra={"x-problems": ["not_found", "conflict"]},
)
async def resume_delivery(request: Request, version: PolicyVersion) -> Response:
    """Adds whoever is missing, and nobody twice; mails that bounced are not sent again."""
    report = await policy_deliveries.resume(
        platform_of(request), actor_of(request), read_version(version)
    )
    return answers.ready_json(report)


@router.get(
    "/{version:version}/deliveries",
    operation_id="staff_list_policy_deliveries",
    summary="Follow the mails about a version",
    response_model=DeliveryPage,
    openapi_extra={**list_parameters("outbox_message"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_deliveries(request: Request, version: PolicyVersion) -> Response:
    """Recipient by recipient: state, attempts, the mail server's last reply, times."""
    found = await policy_deliveries.list_page(
        platform_of(request),
        actor_of(request),
        read_version(version),
        request.query_params.multi_items(),
    )
    return answers.page(found)
