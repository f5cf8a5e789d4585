"""The published privacy policy."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.views import PolicyView
from app.services import policies

router = APIRouter(prefix="/v1/public/policies", tags=["public"], route_class=PublicRoute)


@router.get(
    "/current",
    operation_id="public_read_current_policy",
    summary="Read the privacy policy in force",
    response_model=PolicyView,
)
async def read_current_policy(request: Request) -> Response:
    """The version, its hash (SHA-256 of the text in UTF-8) and the text, in Markdown."""
    return answers.shown(await policies.show_current(platform_of(request), actor_of(request)))
