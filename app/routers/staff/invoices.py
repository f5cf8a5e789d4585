"""Invoices, as billing issues and settles them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import CustomerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.patches import invoice_changes
from app.routers.preconditions import if_match
from app.routers.strict_route import guards_own_query
from app.schemas.invoices import InvoicePage, InvoicePatch, InvoiceView, NewInvoice
from app.services import invoices

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)

InvoiceId = Annotated[
    str, Path(description="The invoice's id (UUID).", json_schema_extra={"format": "uuid"})
]


@router.post(
    "/customers/{customer_id}/invoices",
    operation_id="staff_issue_invoice",
    summary="Issue an invoice",
    status_code=201,
    response_model=InvoiceView,
    openapi_extra={"x-problems": ["not_found", "account_closed", "invoice_number_taken"]},
)
async def issue_invoice(request: Request, customer_id: CustomerId, form: NewInvoice) -> Response:
    """Open until it is paid or cancelled. Members with the permission `invoices` see it at once."""
    claim = await claim_of(request)
    answer = await invoices.issue(
        platform_of(request), actor_of(request), read_id(customer_id), form, claim
    )
    return answers.ready_json(answer, 201)


@router.get(
    "/customers/{customer_id}/invoices",
    operation_id="staff_list_invoices",
    summary="A customer's invoices",
    response_model=InvoicePage,
    openapi_extra={**list_parameters("invoice"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_invoices(request: Request, customer_id: CustomerId) -> Response:
    """Newest first; the customers themselves see the same ones."""
    found = await invoices.list_of_customer(
        platform_of(request),
        actor_of(request),
        read_id(customer_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.get(
    "/invoices/{invoice_id:id}",
    operation_id="staff_read_invoice",
    summary="Read one invoice",
    response_model=InvoiceView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_invoice(request: Request, invoice_id: InvoiceId) -> Response:
    """With the `ETag` that settling it starts from."""
    record = await invoices.read_of_customer(
        platform_of(request), actor_of(request), read_id(invoice_id)
    )
    return answers.shown(record)


@router.patch(
    "/invoices/{invoice_id:id}",
    operation_id="staff_settle_invoice",
    summary="Say that an invoice was paid or cancelled",
    response_model=InvoiceView,
    openapi_extra={"x-body": InvoicePatch.__name__, "x-problems": ["not_found", "conflict"]},
)
async def settle_invoice(
    request: Request,
    invoice_id: InvoiceId,
    body: Annotated[dict[str, Any], Body()],
) -> Response:
    """Only while it is open: what was settled stays as it is."""
    platform = platform_of(request)
    tags = if_match(request)
    async with platform.database.transaction() as connection:
        record = await invoices.settle(
            platform,
            connection,
            actor_of(request),
            read_id(invoice_id),
            body,
            invoice_changes,
            tags,
        )
    return answers.shown(record)
