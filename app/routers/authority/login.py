"""The officer who calls."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import AuthorityRoute, actor_of, platform_of
from app.schemas.officers import OfficerView
from app.services import officers

router = APIRouter(prefix="/v1/authority/login", tags=["authority"], route_class=AuthorityRoute)


@router.get(
    "",
    operation_id="authority_read_login",
    summary="Who am I here?",
    response_model=OfficerView,
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_login(request: Request) -> Response:
    """The officer, their agency, and until when they may act: the agency is called every year."""
    return answers.shown(await officers.read_own(platform_of(request), actor_of(request)))
