"""What the account owes."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.identifiers import read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.invoices import InvoicePage, InvoiceView
from app.services import invoices

router = APIRouter(prefix="/v1/customer/invoices", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_list_invoices",
    summary="My invoices",
    response_model=InvoicePage,
    openapi_extra=dict(list_parameters("invoice", Viewer.SELF)),
)
@guards_own_query
async def list_invoices(request: Request) -> Response:
    """Newest first. Needs the permission `invoices` in this account."""
    found = await invoices.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)


@router.get(
    "/{invoice_id:id}",
    operation_id="customer_read_invoice",
    summary="One of my invoices",
    response_model=InvoiceView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_invoice(
    request: Request,
    invoice_id: Annotated[
        str, Path(description="The invoice's id (UUID).", json_schema_extra={"format": "uuid"})
    ],
) -> Response:
    """Needs the permission `invoices` in this account."""
    record = await invoices.read(platform_of(request), actor_of(request), read_id(invoice_id))
    return answers.shown(record)
