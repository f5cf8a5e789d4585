"""The accounts that the caller's login may enter."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.schemas.members import AccountList
from app.services import accounts

router = APIRouter(prefix="/v1/customer/accounts", tags=["customer"], route_class=CustomerRoute)


@router.get(
    "",
    operation_id="customer_list_accounts",
    summary="Which accounts may I enter?",
    response_model=AccountList,
)
async def list_accounts(request: Request) -> Response:
    """All of them, with what the caller may do there. The first is the one of a plain sign-in.

    To act for another one, sign in with its `id` as `customer_id`.
    """
    return answers.ready_json(await accounts.list_own(platform_of(request), actor_of(request)))
