"""Liveness, readiness and metrics."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.routers import health, problems
from app.routers.health import Check

CANARY = "hunter2-canary"


@pytest.fixture
def application() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    problems.install(app)
    app.include_router(health.router)
    return app


@pytest.fixture
async def caller(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def well() -> None: ...


async def ill() -> None:
    raise ConnectionError(CANARY)


async def stuck() -> None:
    await asyncio.sleep(3600)


async def test_a_process_that_answers_is_alive(
    application: FastAPI, caller: httpx.AsyncClient
) -> None:
    application.state.readiness = {"database": ill}
    answer = await caller.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.parametrize(
    ("checks", "status", "told"),
    [
        ({"database": well, "audit": well}, 200, {"database": "ok", "audit": "ok"}),
        ({"database": ill, "audit": well}, 503, {"database": "failing", "audit": "ok"}),
        ({}, 200, {}),
    ],
)
async def test_ready_when_every_check_passes(
    application: FastAPI,
    caller: httpx.AsyncClient,
    checks: dict[str, Check],
    status: int,
    told: dict[str, str],
) -> None:
    application.state.readiness = checks
    answer = await caller.get("/health/ready")
    assert answer.status_code == status
    assert answer.json() == {"status": "ready" if status == 200 else "unready", "checks": told}
    assert CANARY not in answer.text


async def test_checks_run_together_and_may_not_hang(
    application: FastAPI, caller: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health.CHECK_SECONDS == 2.0
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)
    application.state.readiness = {f"check{number}": stuck for number in range(5)} | {"well": well}
    started = time.monotonic()
    answer = await caller.get("/health/ready")
    assert time.monotonic() - started < 0.45
    assert answer.status_code == 503
    assert answer.json()["checks"]["check0"] == "failing"
    assert answer.json()["checks"]["well"] == "ok"


async def test_a_check_that_recovers_makes_it_ready_again(
    application: FastAPI, caller: httpx.AsyncClient
) -> None:
    application.state.readiness = {"database": ill}
    assert (await caller.get("/health/ready")).status_code == 503
    application.state.readiness = {"database": well}
    assert (await caller.get("/health/ready")).status_code == 200


async def test_metrics_are_in_prometheus_text_format(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE salvaguarda_http_requests_total counter" in answer.text


async def test_the_doors_are_documented(application: FastAPI) -> None:
    paths = application.openapi()["paths"]
    assert paths["/health/ready"]["get"]["responses"].keys() == {"200", "503"}
    assert "text/plain" in paths["/metrics"]["get"]["responses"]["200"]["content"]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_unknown_parameters_are_refused_here_too(
    caller: httpx.AsyncClient, path: str
) -> None:
    assert (await caller.get(f"{path}?x=1")).json()["code"] == "unknown_parameter"
