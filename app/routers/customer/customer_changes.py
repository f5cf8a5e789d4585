"""What has changed in the customer's own record."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.core.errors import Failure
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.customer_changes import CustomerChangePage
from app.services import customer_changes

router = APIRouter(
    prefix="/v1/customer/profile/history", tags=["customer"], route_class=CustomerRoute
)


@router.get(
    "",
    operation_id="customer_read_profile_history",
    summary="What has changed in my registration?",
    response_model=CustomerChangePage,
    openapi_extra={
        **list_parameters("customer_change", Viewer.SELF),
        "x-problems": ["not_found"],
    },
)
@guards_own_query
async def read_profile_history(request: Request) -> Response:
    """Newest first, field by field: the value before and after, when, by whom, in which session."""
    actor = actor_of(request)
    if actor.customer_id is None:
        raise Failure("not_found")
    found = await customer_changes.list_page(
        platform_of(request), actor, actor.customer_id, request.query_params.multi_items()
    )
    return answers.page(found)
