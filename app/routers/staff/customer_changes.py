"""What has changed in a customer's record, as far as each role sees the record itself."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import CustomerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.customer_changes import CustomerChangePage
from app.services import customer_changes

router = APIRouter(
    prefix="/v1/staff/customers/{customer_id}/history", tags=["staff"], route_class=StaffRoute
)


@router.get(
    "",
    operation_id="staff_read_customer_history",
    summary="What has changed in a customer's record?",
    response_model=CustomerChangePage,
    openapi_extra={**list_parameters("customer_change"), "x-problems": ["not_found"]},
)
@guards_own_query
async def read_customer_history(request: Request, customer_id: CustomerId) -> Response:
    """Newest first, only of fields that the caller's role sees in the clear; on record."""
    found = await customer_changes.list_page(
        platform_of(request),
        actor_of(request),
        read_id(customer_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)
