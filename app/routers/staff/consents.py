"""Customers' consents, as staff see them, and those that were said on the telephone."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.idempotency_key import claim_of
from app.routers.identifiers import ConsentEventId, CustomerId, read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.consents import (
    ConsentEventPage,
    ConsentReceipt,
    ConsentStateList,
    ConsentStateView,
    TelephoneConsent,
)
from app.services import consent_receipts, consent_standing, consent_statements

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.get(
    "/customers/{customer_id}/consents",
    operation_id="staff_list_consents",
    summary="What a customer consents to",
    response_model=ConsentStateList,
    openapi_extra={"x-problems": ["not_found"]},
)
async def list_consents(request: Request, customer_id: CustomerId) -> Response:
    """As the customer sees it, as far as the role goes."""
    body = await consent_standing.list_of_customer(
        platform_of(request), actor_of(request), read_id(customer_id)
    )
    return answers.ready_json(body)


@router.post(
    "/customers/{customer_id}/consents",
    operation_id="staff_take_consent",
    summary="Write down what a customer said on the telephone",
    status_code=201,
    response_model=ConsentStateView,
    openapi_extra={
        "x-problems": [
            *("not_found", "unknown_purpose", "purpose_version_not_current"),
            *("account_closed", "account_without_owner"),
        ]
    },
)
async def take_consent(
    request: Request, customer_id: CustomerId, form: TelephoneConsent
) -> Response:
    """With the call's reference, never silently: the account's owners are told by mail at once."""
    claim = await claim_of(request)
    body = await consent_statements.take(
        platform_of(request), actor_of(request), read_id(customer_id), form, claim
    )
    return answers.ready_json(body, 201)


@router.get(
    "/customers/{customer_id}/consents/history",
    operation_id="staff_list_consent_events",
    summary="All that a customer ever said",
    response_model=ConsentEventPage,
    openapi_extra={**list_parameters("consent_event"), "x-problems": ["not_found"]},
)
@guards_own_query
async def list_events(request: Request, customer_id: CustomerId) -> Response:
    """The ledger of one account, newest first."""
    found = await consent_statements.list_of_customer(
        platform_of(request),
        actor_of(request),
        read_id(customer_id),
        request.query_params.multi_items(),
    )
    return answers.page(found)


@router.get(
    "/consents/{consent_event_id:id}/receipt",
    operation_id="staff_read_consent_receipt",
    summary="The receipt of one event",
    response_model=ConsentReceipt,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_receipt(request: Request, consent_event_id: ConsentEventId) -> Response:
    """For whoever must prove a consent (LGPD art. 8, §2): the burden of proof is the agency's."""
    body = await consent_receipts.issue(
        platform_of(request), actor_of(request), read_id(consent_event_id)
    )
    return answers.ready_json(body)
