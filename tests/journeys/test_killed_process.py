"""`kill -9` in the middle of a storm: whatever was answered stands after the restart."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from app.models import AuditEvent, Login
from tests.support.people import add_customer, add_staff
from tests.support.records import rows
from tests.support.room import ROOT
from tests.support.service import serving
from tests.support.writing import registration

SERVED = """
import sys, uvicorn
uvicorn.run("app.main:create_app", factory=True, uds=sys.argv[1], log_config=None, access_log=False)
"""


@asynccontextmanager
async def served(folder: Path, environment: dict[str, str]) -> AsyncIterator[Any]:
    """The service in a process of its own on a Unix socket, and a client that speaks to it."""
    socket = folder / "s"
    with (folder / "process.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
            [sys.executable, "-c", SERVED, str(socket)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            deadline = time.monotonic() + 30
            while True:
                try:
                    if (await client.get("/health/ready")).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                assert process.poll() is None, (folder / "process.log").read_text()
                assert time.monotonic() < deadline, "the service did not start"
                await asyncio.sleep(0.1)
            yield process, client
    finally:
        process.kill()
        process.wait()


async def test_nothing_that_was_answered_is_lost(database_url: str, tmp_path: Path) -> None:
    async with serving(database_url, tmp_path) as before:
        maria = await add_customer(before.platform)
        support = await add_staff(before.platform, "support")
    environment = {
        **{name: value for name, value in os.environ.items() if "SALVAGUARDA" not in name},
        "SALVAGUARDA_DATABASE_URL": database_url,
        "SALVAGUARDA_VAR_DIR": str(tmp_path),
        "SALVAGUARDA_WORKER": "none",
        "SALVAGUARDA_THROTTLE": "off",  # a storm from one address
        "SALVAGUARDA_ARGON2_TIME_COST": "1",
        "SALVAGUARDA_ARGON2_MEMORY_KIB": "8",
    }
    registered: list[str] = []
    shown: list[str] = []
    enough = asyncio.Event()

    async with served(tmp_path, environment) as (process, client):

        async def register() -> None:
            while True:
                body = registration()
                answer = await client.post("/v1/public/registrations", json=body)
                assert answer.status_code == 201, answer.text
                registered.append(body["email"])
                if len(registered) >= 15 and len(shown) >= 40:
                    enough.set()

        async def read() -> None:
            while True:
                answer = await client.get(
                    f"/v1/staff/customers/{maria.id}", headers=support.headers
                )
                assert answer.status_code == 200, answer.text
                shown.append(answer.headers["x-request-id"])

        storm = [asyncio.create_task(each()) for each in (register, read) for _ in range(6)]
        async with asyncio.timeout(30):
            await enough.wait()
        process.kill()
        ends = await asyncio.gather(*storm, return_exceptions=True)
        assert all(isinstance(end, httpx.TransportError) for end in ends), ends
    assert len(registered) >= 15
    assert len(shown) >= 40

    async with serving(database_url, tmp_path) as after:
        logins = {row.email for row in await rows(after.platform, select(Login.email))}
        assert set(registered) <= logins
        recorded = await rows(after.platform, select(AuditEvent.request_id))
        assert set(shown) <= {row.request_id for row in recorded}
        ready = await after.client.get("/health/ready")
        assert ready.status_code == 200
        answer = await after.client.post("/v1/public/registrations", json=registration())
        assert answer.status_code == 201
