"""How long those named in a legal request are not told of it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.identifiers import LegalRequestId, LegalSecrecyOrderId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.legal_secrecy import LegalSecrecyOrderPage, LegalSecrecyOrderView, SecrecyOrder
from app.services import legal_secrecy

router = APIRouter(
    prefix="/v1/staff/legal-requests/{legal_request_id:id}/secrecy-orders",
    tags=["staff"],
    route_class=StaffRoute,
)


@router.get(
    "",
    operation_id="staff_list_legal_secrecy_orders",
    summary="The orders of secrecy about a legal request",
    response_model=LegalSecrecyOrderPage,
    openapi_extra={**list_parameters("legal_secrecy_order"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_legal_secrecy_orders(request: Request, legal_request_id: LegalRequestId) -> Response:
    """Newest first, proposals too: nothing is ever written over."""
    found = await legal_secrecy.list_page(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.post(
    "",
    operation_id="staff_order_legal_secrecy",
    summary="Record an order of secrecy, or propose to end it sooner",
    response_model=LegalSecrecyOrderView,
    openapi_extra={"x-problems": ["not_found", "step_up_required"]},
)
async def order_legal_secrecy(
    request: Request, legal_request_id: LegalRequestId, form: SecrecyOrder
) -> Response:
    """What makes secrecy last as long or longer is in force at once. What ends it sooner is a
    proposal, which a director confirms who is somebody else."""
    entry = await legal_secrecy.order(
        platform_of(request), actor_of(request), read_id(legal_request_id), form
    )
    return answers.shown(entry)


@router.post(
    "/{legal_secrecy_order_id:id}/confirmation",
    operation_id="staff_confirm_legal_secrecy_order",
    summary="Confirm that secrecy ends sooner",
    response_model=LegalSecrecyOrderView,
    openapi_extra={
        "x-problems": [
            "not_found",
            "secrecy_proposal_over",
            "second_person_required",
            "step_up_required",
        ]
    },
)
async def confirm_legal_secrecy_order(
    request: Request,
    legal_request_id: LegalRequestId,
    legal_secrecy_order_id: LegalSecrecyOrderId,
) -> Response:
    """Within seven days, as long as nothing else was entered. Whoever was not told yet is then told
    when it ends: at once, where it is lifted."""
    entry = await legal_secrecy.confirm(
        platform_of(request),
        actor_of(request),
        read_id(legal_request_id),
        read_id(legal_secrecy_order_id),
    )
    return answers.shown(entry)
