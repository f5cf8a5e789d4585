"""The caller's own sessions: the same routes behind every door with sign-in."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from app.routers import answers
from app.routers.admission import actor_of, platform_of
from app.routers.identifiers import read_id
from app.routers.list_parameters import list_parameters
from app.routers.strict_route import StrictRoute, guards_own_query
from app.schemas.sessions import SessionPage
from app.services import own_sessions
from app.services.owners import Door

SessionId = Annotated[
    str, Path(description="The session's id (UUID).", json_schema_extra={"format": "uuid"})
]


def routes(door: Door, route_class: type[StrictRoute]) -> APIRouter:
    """The routes of one door."""
    router = APIRouter(prefix=f"/v1/{door}/sessions", tags=[door], route_class=route_class)

    @router.get(
        "",
        operation_id=f"{door}_list_sessions",
        summary="Where am I signed in?",
        response_model=SessionPage,
        openapi_extra=dict(list_parameters("session")),
    )
    @guards_own_query
    async def list_sessions(request: Request) -> Response:
        """The caller's sessions that have not ended, a login's on all its accounts.

        `current` is the one that asks.
        """
        body = await own_sessions.list_page(
            platform_of(request), actor_of(request), request.query_params.multi_items()
        )
        return answers.ready_json(body)

    @router.delete(
        "/{session_id:id}",
        operation_id=f"{door}_end_session",
        summary="Sign out one of my devices",
        status_code=204,
        openapi_extra={"x-problems": ["not_found"]},
    )
    async def end_session(request: Request, session_id: SessionId) -> Response:
        """All its tokens die: at once here, within a second on every replica."""
        await own_sessions.end_one(platform_of(request), actor_of(request), read_id(session_id))
        return Response(status_code=204)

    @router.delete(
        "",
        operation_id=f"{door}_end_other_sessions",
        summary="Sign out everywhere else",
        status_code=204,
    )
    async def end_other_sessions(request: Request) -> Response:
        """Every session but the one that asks. That none was left to end is no error."""
        await own_sessions.end_others(platform_of(request), actor_of(request))
        return Response(status_code=204)

    return router
