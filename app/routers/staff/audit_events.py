"""The audit log for those who answer for it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import StaffRoute, actor_of, platform_of
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import guards_own_query
from app.schemas.views import AuditEventPage
from app.services import audit_events

router = APIRouter(prefix="/v1/staff/audit-events", tags=["staff"], route_class=StaffRoute)


@router.get(
    "",
    operation_id="staff_list_audit_events",
    summary="Read the audit log",
    response_model=AuditEventPage,
    openapi_extra=dict(list_parameters("audit_event")),
)
@guards_own_query
async def list_audit_events(request: Request) -> Response:
    """Newest first. Director, engineer and privacy officer only; reading it is on record too."""
    found = await audit_events.list_page(
        platform_of(request), actor_of(request), request.query_params.multi_items()
    )
    return answers.page(found)
