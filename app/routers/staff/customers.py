"""Customers as each role may see them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import CustomerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import STAFF_PATCH, customer_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.views import CustomerPage, CustomerView
from app.services import customers

router = APIRouter(prefix="/v1/staff/customers", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_customers",
    summary="List and search customers",
    response_model=CustomerPage,
    openapi_extra=dict(list_parameters("customer")),
)
@guards_own_query
async def list_customers(request: Request) -> Response:
    """Only rows, filters and sort keys that the caller's role may use; each page is on record."""
    found = await customers.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{customer_id}",
    operation_id="staff_read_customer",
    summary="Read one customer",
    response_model=CustomerView,
)
async def read_customer(request: Request, customer_id: CustomerId) -> Response:
    """The fields that the caller's role may see; hidden ones are absent. Each read is on record."""
    record = await customers.read(platform_of(request), actor_of(request), read_id(customer_id))
    return answers.shown(record)


@router.patch(
    "/{customer_id}",
    operation_id="staff_update_customer",
    summary="Change a customer's fields",
    response_model=CustomerView,
    openapi_extra={"x-body": STAFF_PATCH, "x-problems": ["account_closed", "step_up_required"]},
)
async def update_customer(
    request: Request, customer_id: CustomerId, body: Annotated[dict[str, Any], Body()]
) -> Response:
    """Only fields that the caller's role may write; any other is refused whatever its value.

    An e-mail address counts at once (after a fresh proof of presence); the old one is told, with a
    link to undo it. The address that the customer signs in with stays.
    """
    platform = platform_of(request)
    tags = if_match(request)
    async with platform.database.transaction() as connection:
        record = await customers.change(
            platform,
            connection,
            actor_of(request),
            read_id(customer_id),
            body,
            customer_changes,
            tags,
        )
    return answers.shown(record)
