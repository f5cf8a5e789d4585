"""The people behind a customer, for those whose work needs to know them."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import CustomerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.members import MemberPage
from app.services import members

router = APIRouter(prefix="/v1/staff/customers", tags=["staff"], route_class=StaffRoute)


@router.get(
    "/{customer_id}/members",
    operation_id="staff_list_members",
    summary="Which logins enter this customer's account?",
    response_model=MemberPage,
    openapi_extra={**list_parameters("membership"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_members(request: Request, customer_id: CustomerId) -> Response:
    """Newest first, with those whose place was revoked; `login.id` is what interventions name."""
    found = await members.list_of_customer(
        platform_of(request),
        actor_of(request),
        read_id(customer_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)
