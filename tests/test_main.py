"""`app/main.py`: what a started service has, and that it stops clean."""

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from jose import jwt
from sqlalchemy import func, select

from app.core.ids import new_id
from app.core.settings import Settings
from app.main import create_app
from app.models import AuditSeal
from app.routers.strict_route import StrictRoute
from app.security.keyfiles import KeysError
from app.security.keys import Keyring
from app.services.keyrings import open_keyring
from app.services.platform import Platform
from tests.support.lifespan import running
from tests.support.people import add_staff
from tests.support.records import events, rows

DOORS = (
    *("/v1/public/", "/v1/auth/", "/v1/customer/", "/v1/staff/", "/v1/authority/"),
    *("/.well-known/", "/health/"),
)
BESIDE = ("/metrics", "/docs", "/openapi.json", "/favicon.ico")


def routes(app: FastAPI) -> list[APIRoute]:
    found: list[APIRoute] = []
    waiting = list(app.router.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        waiting += getattr(getattr(route, "original_router", route), "routes", None) or []
    return found


async def test_the_service_is_ready_when_it_has_started(client: httpx.AsyncClient) -> None:
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert set(ready.json()["checks"]) == {"database", "migrations", "audit"}


async def test_every_route_is_strict_and_stands_behind_a_door(app: FastAPI) -> None:
    found = routes(app)
    assert len(found) >= 15
    for route in found:
        assert isinstance(route, StrictRoute), route.path
        assert route.path.startswith((*DOORS, *BESIDE)), route.path


async def test_a_refusal_is_on_record_before_it_is_answered(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    platform: Platform = app.state.platform
    support = await add_staff(platform, "support")
    answer = await client.get("/v1/staff/audit-events", headers=support.headers)
    assert answer.status_code == 403
    [event] = await events(platform, request_id=answer.headers["x-request-id"])
    assert (event.outcome, event.actor_id) == ("refused", support.id)
    assert event.action == "staff:audit_event:list"


async def test_a_refusal_that_cannot_be_recorded_is_not_given_either(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform: Platform = app.state.platform
    support = await add_staff(platform, "support")

    async def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(type(platform.audit._sink), "write", full)
    answer = await client.get("/v1/staff/audit-events", headers=support.headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("worker", ["embedded", "none"])
async def test_the_embedded_worker_lives_as_long_as_the_service(
    settings: Settings, worker: str
) -> None:
    tasks = asyncio.all_tasks()
    app = create_app(settings.model_copy(update={"worker": worker}))
    async with running(app):
        started = [
            task
            for task in asyncio.all_tasks() - tasks
            if "run" in str(task.get_coro().__name__)  # type: ignore[union-attr]  # a coroutine has a name
        ]
        assert bool(started) == (worker == "embedded")
        seals = select(func.count()).select_from(AuditSeal)
        assert (await rows(app.state.platform, seals))[0][0] == 0
    assert all(task.done() for task in started)


async def test_without_keys_production_does_not_start(settings: Settings) -> None:
    production = settings.model_copy(update={"env": "production"})
    with pytest.raises(RuntimeError, match="cannot be read"):
        async with running(create_app(production)):
            pass
    Keyring.create(production.keys_path, development=True)
    with pytest.raises(RuntimeError, match="made in development"):
        async with running(create_app(production)):
            pass


def test_keys_are_made_in_development_and_demanded_in_production(tmp_path: Path) -> None:
    with pytest.raises(KeysError):
        open_keyring(Settings(env="production", var_dir=tmp_path))
    made = open_keyring(Settings(var_dir=tmp_path)).signing_key().kid
    assert open_keyring(Settings(var_dir=tmp_path)).signing_key().kid == made


async def test_the_settings_reach_where_they_are_meant_for(settings: Settings) -> None:
    chosen = {
        "public_url": "https://conta.exemplo.com.br",
        "cors_origins": ("https://site.exemplo.com.br",),
        "body_limit": 2048,
        "access_token_seconds": 60,
    }
    app = create_app(settings.model_copy(update=chosen))
    async with running(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            granted = await client.get(
                "/health/live", headers={"Origin": "https://site.exemplo.com.br"}
            )
            stranger = await client.get("/health/live", headers={"Origin": "https://x.br"})
            large = await client.post("/v1/auth/refresh", json={"refresh_token": "x" * 2048})
    assert granted.headers["access-control-allow-origin"] == "https://site.exemplo.com.br"
    assert "access-control-allow-origin" not in stranger.headers
    assert large.status_code == 413
    token = app.state.platform.tokens.issue(
        audience="staff", subject=new_id(), session=new_id(), viewer="support", customer=None
    )
    claims = jwt.get_unverified_claims(token)
    assert claims["iss"] == "https://conta.exemplo.com.br"
    assert claims["exp"] - claims["iat"] == 60
