"""Whether the process lives, whether it can serve, and its metrics.

`app.state.readiness` maps a check's name (database, migrations, audit) to an async callable that
raises when it fails.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict

from app.core import metrics, telemetry
from app.routers.strict_route import StrictRoute

Check = Callable[[], Awaitable[None]]

CHECK_SECONDS: Final = 2.0

router = APIRouter(tags=["health"], route_class=StrictRoute)


class Alive(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Whether requests can be served, and which of the things they need are there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "checks": {"database": "ok", "migrations": "ok", "audit": "ok"},
                }
            ]
        }
    )

    status: Literal["ready", "unready"]
    checks: dict[str, Literal["ok", "failing"]]


@router.get("/health/live", operation_id="health_live", summary="Is the process alive?")
async def live() -> Alive:
    """Always 200 while the process answers at all; needs nothing else, so that a database that is
    down does not get the service restarted."""
    return Alive()


@router.get(
    "/health/ready",
    operation_id="health_ready",
    summary="Can it serve?",
    responses={503: {"model": Readiness, "description": "Something it needs is missing."}},
)
async def ready(request: Request, response: Response) -> Readiness:
    """200 when every check passes within two seconds, else 503; a failing check tells no more."""
    checks: Mapping[str, Check] = getattr(request.app.state, "readiness", {})
    passed = await asyncio.gather(*(_passes(name, check) for name, check in checks.items()))
    if not all(passed):
        response.status_code = 503
    return Readiness(
        status="ready" if all(passed) else "unready",
        checks={
            name: "ok" if well else "failing" for name, well in zip(checks, passed, strict=True)
        },
    )


async def _passes(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:
        telemetry.logger.warning("not_ready", check=name, **telemetry.describe(error))
        return False
    return True


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
)
async def expose() -> Response:
    """Counts and durations by route template; nothing about any person."""
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)
