"""Whether the process lives, and whether it can serve: for anybody.

`app.state.readiness` holds the `Checks`: database, migrations, audit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from app.core import telemetry
from app.routers.strict_route import StrictRoute

Check = Callable[[], Awaitable[None]]

CHECK_SECONDS: Final = 2.0
FRESH_SECONDS: Final = 1.0

router = APIRouter(tags=["health"], route_class=StrictRoute)


class Checks:
    """What must work for requests to be served, looked at once for all who ask meanwhile.

    A check raises when it fails, and has `CHECK_SECONDS`. What was found stands for `fresh_seconds`
    from the moment of looking, so that a flood of askers does not become one of checks.
    """

    def __init__(
        self, checks: Mapping[str, Check], *, fresh_seconds: float = FRESH_SECONDS
    ) -> None:
        self._checks = checks
        self._fresh_seconds = fresh_seconds
        self._look: asyncio.Task[dict[str, bool]] | None = None
        self._looked = 0.0

    async def passed(self) -> Mapping[str, bool]:
        """Whether each check passes."""
        stale = monotonic() - self._looked >= self._fresh_seconds
        if self._look is None or (stale and self._look.done()):
            self._looked = monotonic()
            self._look = asyncio.create_task(self._run())
        return await asyncio.shield(self._look)  # one who hangs up does not stop it for the others

    async def close(self) -> None:
        """Wait for a look that is under way: it holds connections."""
        if self._look is not None:
            await self._look

    async def _run(self) -> dict[str, bool]:
        found = await asyncio.gather(*(_passes(*each) for each in self._checks.items()))
        return dict(zip(self._checks, found, strict=True))


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
    """200 when every check passes within two seconds, else 503; a failing check tells no more.

    The answer may be a second old.
    """
    checks: Checks = request.app.state.readiness
    passed = await checks.passed()
    well = all(passed.values())
    if not well:
        response.status_code = 503
    return Readiness(
        status="ready" if well else "unready",
        checks={name: "ok" if passes else "failing" for name, passes in passed.items()},
    )


async def _passes(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:
        telemetry.logger.warning("not_ready", check=name, **telemetry.describe(error))
        return False
    return True
