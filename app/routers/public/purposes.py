"""What data is used for: the register of processing purposes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.purposes import PurposeList, PurposeView
from app.services import purposes

router = APIRouter(prefix="/v1/public/purposes", tags=["public"], route_class=PublicRoute)

Key = Annotated[str, Path(description="The purpose's key.", examples=["marketing"])]
NOT_FOUND = {"x-problems": ["not_found"]}


@router.get(
    "",
    operation_id="public_list_purposes",
    summary="What data is used for",
    response_model=PurposeList,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def list_purposes(
    request: Request,
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv`: the same as a table (RFC 4180).")
    ] = "json",
) -> Response:
    """Each purpose in its version in force, with its legal basis (LGPD art. 37)."""
    found = await purposes.list_current(platform_of(request), actor_of(request))
    if format == "csv":
        return Response(
            purposes.as_csv(found),
            media_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="purposes.csv"'},
        )
    return answers.ready_json(to_json({"items": found}))


@router.get(
    "/{key}",
    operation_id="public_list_purpose_versions",
    summary="One purpose in all its versions",
    response_model=PurposeList,
    openapi_extra=dict(NOT_FOUND),
)
async def list_versions(request: Request, key: Key) -> Response:
    """The newest first. What was ever published stays: consents name it."""
    found = await purposes.list_versions(platform_of(request), actor_of(request), key)
    return answers.ready_json(to_json({"items": found}))


@router.get(
    "/{key}/versions/{version:int}",
    operation_id="public_read_purpose_version",
    summary="One version of a purpose",
    response_model=PurposeView,
    openapi_extra=dict(NOT_FOUND),
)
async def read_version(
    request: Request,
    key: Key,
    version: Annotated[int, Path(description="Its number.")],
) -> Response:
    """The very words that a consent to this version was given to."""
    found = await purposes.read_version(platform_of(request), actor_of(request), key, version)
    return answers.shown(found)
