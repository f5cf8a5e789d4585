"""Handing data to third parties, and the ledger of what left."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import CustomerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.disclosures import DisclosureOrder, DisclosurePage, DisclosureView
from app.services import disclosure_orders, disclosures

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.post(
    "/customers/{customer_id}/disclosures",
    operation_id="staff_disclose",
    summary="Hand a customer's data to a third party",
    status_code=201,
    response_model=DisclosureView,
    openapi_extra={"x-problems": ["not_found", "step_up_required", "consent_missing"]},
)
async def disclose(request: Request, customer_id: CustomerId, form: DisclosureOrder) -> Response:
    """By mail to its contact address, as far as the customer consents. Needs `X-Reason`.

    The mail leaves only if the consent and that address still stand at that moment.
    """
    claim = await claim_of(request)
    answer = await disclosure_orders.order(
        platform_of(request), actor_of(request), read_id(customer_id), form, claim
    )
    return answers.ready_json(answer, 201)


@router.get(
    "/disclosures",
    operation_id="staff_list_disclosures",
    summary="What left for third parties",
    response_model=DisclosurePage,
    openapi_extra=dict(list_parameters("disclosure")),
)
@guards_own_query
async def list_disclosures(request: Request) -> Response:
    """Newest first. Rows are only ever added; `delivery` says what became of each."""
    found = await disclosures.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
