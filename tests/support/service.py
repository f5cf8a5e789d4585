"""The whole service in this process, for fixtures that want it for longer than one test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from app.core.clock import system_clock
from app.core.settings import Settings
from app.main import create_app
from app.services.platform import Platform
from tests.support.lifespan import running
from tests.support.people import install_policy

NEVER = 1e6
"""Seconds until notes on sessions are written: no test shall find a row changed by chance."""


@dataclass(slots=True)
class MovableClock:
    """The service's clock: the system's, moved by `ahead`."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return system_clock() + self.ahead


@dataclass(frozen=True, slots=True)
class Service:
    """A started service, a client that speaks to it, and its clock."""

    app: FastAPI
    platform: Platform
    client: httpx.AsyncClient
    clock: MovableClock


@asynccontextmanager
async def serving(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Service]:
    """The service on a migrated database: cheapest Argon2, no worker, no throttle."""
    clock = MovableClock()
    chosen: dict[str, Any] = {
        "env": "development",
        "database_url": database_url,
        "var_dir": folder,
        "worker": "none",
        "throttle": "off",
        "argon2_time_cost": 1,
        "argon2_memory_kib": 8,
        "argon2_parallelism": 1,
    }
    app = create_app(Settings(**(chosen | settings)), clock=clock)
    async with running(app):
        platform: Platform = app.state.platform
        platform.session_notes.every = NEVER
        await install_policy(platform)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield Service(app, platform, client, clock)
