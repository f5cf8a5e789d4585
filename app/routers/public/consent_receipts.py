"""Checking a consent receipt: with the published keys, or here."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.routers.auth.keys import KeySetResponse
from app.schemas.auth import KeySet
from app.schemas.consents import ReceiptToVerify, VerifiedReceipt
from app.services import consent_receipts

router = APIRouter(prefix="/v1/public/consent-receipts", tags=["public"], route_class=PublicRoute)


@router.get(
    "/keys",
    operation_id="public_read_receipt_keys",
    summary="The keys that verify receipts (JWKS)",
    response_model=KeySet,
    response_class=KeySetResponse,
)
async def read_keys(request: Request) -> Response:
    """RFC 7517. Those that sign no more stay here: their receipts are good for as long as ours."""
    return Response(
        to_json(platform_of(request).keyring.jwks_of_all_times()),
        media_type=KeySetResponse.media_type,
        headers={"Cache-Control": "public, max-age=60"},
    )


@router.post(
    "/verify",
    operation_id="public_verify_receipt",
    summary="Check a receipt",
    response_model=VerifiedReceipt,
)
async def verify_receipt(request: Request, form: ReceiptToVerify) -> Response:
    """Whether this service signed it. If the consent still stands, its subject alone is told."""
    body = await consent_receipts.verify(platform_of(request), actor_of(request), form.receipt)
    return answers.ready_json(body)
