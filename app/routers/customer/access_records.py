"""From where the caller's own login used the service."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.access.viewers import Viewer
from app.routers import answers
from app.routers.admission import CustomerRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.access_records import AccessRecordPage
from app.services import access_records

router = APIRouter(
    prefix="/v1/customer/access-records", tags=["customer"], route_class=CustomerRoute
)


@router.get(
    "",
    operation_id="customer_list_access_records",
    summary="From where was I signed in?",
    response_model=AccessRecordPage,
    openapi_extra=dict(list_parameters("access_record", Viewer.SELF)),
)
@guards_own_query
async def list_access_records(request: Request) -> Response:
    """When and from which address the caller's own login was used, newest first.

    The law wants these kept for six months, in secret (Marco Civil, art. 15): nobody else is shown
    them but by a judge's order, not even who owns the account. Then they are deleted.
    """
    found = await access_records.list_own(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
