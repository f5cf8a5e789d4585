"""Liveness and readiness."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.routers import health, problems
from app.routers.health import Check, Checks

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
    application.state.readiness = Checks({"database": ill})
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
    application.state.readiness = Checks(checks)
    answer = await caller.get("/health/ready")
    assert answer.status_code == status
    assert answer.json() == {"status": "ready" if status == 200 else "unready", "checks": told}
    assert CANARY not in answer.text


async def test_checks_run_together_and_may_not_hang(
    application: FastAPI, caller: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health.CHECK_SECONDS == 2.0
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)
    application.state.readiness = Checks(
        {f"check{number}": stuck for number in range(5)} | {"well": well}
    )
    started = time.monotonic()
    answer = await caller.get("/health/ready")
    assert time.monotonic() - started < 10
    assert answer.status_code == 503
    assert answer.json()["checks"]["check0"] == "failing"
    assert answer.json()["checks"]["well"] == "ok"


class Counting:
    """A check that counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0
        self.check: Check = well

    async def __call__(self) -> None:
        self.times += 1
        await asyncio.sleep(0.05)
        await self.check()


async def test_what_was_found_stands_for_a_moment_and_is_then_looked_at_again(
    application: FastAPI, caller: httpx.AsyncClient
) -> None:
    assert health.FRESH_SECONDS == 1.0
    counting = Counting()
    application.state.readiness = Checks({"database": counting}, fresh_seconds=0.3)
    for check, status in ((well, 200), (ill, 503), (well, 200)):
        counting.check = check
        assert (await caller.get("/health/ready")).status_code == status
        counting.check = stuck
        assert (await caller.get("/health/ready")).status_code == status
        await asyncio.sleep(0.3)
    assert counting.times == 3


async def test_those_who_ask_at_once_share_one_look(
    application: FastAPI, caller: httpx.AsyncClient
) -> None:
    counting = Counting()
    application.state.readiness = Checks({"database": counting}, fresh_seconds=0)
    first, *others = [asyncio.create_task(caller.get("/health/ready")) for _ in range(20)]
    await asyncio.sleep(0.02)
    first.cancel()  # hangs up; the others wait on
    assert {answer.status_code for answer in await asyncio.gather(*others)} == {200}
    assert counting.times == 1
    await caller.get("/health/ready")
    assert counting.times == 2


async def test_the_doors_are_documented(application: FastAPI) -> None:
    paths = application.openapi()["paths"]
    assert paths["/health/ready"]["get"]["responses"].keys() == {"200", "503"}


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_unknown_parameters_are_refused_here_too(
    caller: httpx.AsyncClient, path: str
) -> None:
    assert (await caller.get(f"{path}?x=1")).json()["code"] == "unknown_parameter"
