"""What authorities ask for, in figures: for everybody to read."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.projection.projection import to_json
from app.routers import answers
from app.routers.admission import PublicRoute, actor_of, platform_of
from app.schemas.transparency_reports import TransparencyReport
from app.services import transparency_reports

router = APIRouter(
    prefix="/v1/public/transparency-report", tags=["public"], route_class=PublicRoute
)

CACHED = {"Cache-Control": "public, max-age=3600"}
"""A report never changes; without a period, it is another one after half a year."""


@router.get(
    "",
    operation_id="public_read_transparency_report",
    summary="What authorities asked for, in figures",
    response_model=TransparencyReport,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    openapi_extra={"x-problems": ["not_found"]},
)
async def read_transparency_report(
    request: Request,
    period: Annotated[
        str | None,
        Query(
            description="A year (`2026`) or a half of one (`2026-H1`), published 30 days after its "
            "end. Without it, the half-year that was published last.",
            json_schema_extra={"pattern": "^20[0-9]{2}(-H[12])?$", "examples": ["2026-H1"]},
        ),
    ] = None,
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv`: the same as a table (RFC 4180).")
    ] = "json",
) -> Response:
    """Requests received in the period and what became of them; no group of fewer than ten."""
    found = await transparency_reports.read(platform_of(request), actor_of(request), period)
    if format == "csv":
        name = f"transparency-report-{found['period']}.csv"
        return Response(
            transparency_reports.as_csv(found),
            media_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{name}"', **CACHED},
        )
    return answers.ready_json(to_json(found), headers=CACHED)
