"""What ends on one replica is refused on the other within a second. Two programs, one database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.models import Customer, Login, Membership, StaffMember
from app.models.base import Base
from app.services.platform import Platform
from tests.support.databases import Databases
from tests.support.people import (
    PASSWORD,
    add_customer,
    add_member,
    add_staff,
    bearer,
)
from tests.support.program import running
from tests.support.service import serving

WITHIN = 1.0
"""Seconds that an ended session may be honoured elsewhere: the issue's own promise."""


@dataclass(frozen=True)
class Replicas:
    """Two processes of the service, and a platform beside them that plants people."""

    one: httpx.AsyncClient
    other: httpx.AsyncClient
    platform: Platform


@dataclass(frozen=True)
class Case:
    """Somebody with a session, what they may read, and what ends it on one replica."""

    headers: dict[str, str]
    path: str
    end: Callable[[], Awaitable[httpx.Response | None]]
    refresh_token: str | None = None


@pytest.fixture
async def replicas(databases: Databases, tmp_path: Path) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        url = stack.enter_context(databases.fresh("postgresql"))
        beside = await stack.enter_async_context(serving(url, tmp_path))
        told = {"SALVAGUARDA_DATABASE_URL": url, "SALVAGUARDA_WORKER": "none"}
        addresses = [
            await asyncio.to_thread(stack.enter_context, running(folder=tmp_path, **told))
            for _ in range(2)
        ]
        one, other = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=60))
            for address in addresses
        ]
        yield Replicas(one, other, beside.platform)


async def cases(at: Replicas) -> dict[str, Case]:
    """Every way in which a session can come to its end."""
    platform, one = at.platform, at.one
    profile, mine = "/v1/customer/profile", "/v1/customer/sessions"
    found: dict[str, Case] = {}

    async def customer(name: str, end: Callable[[Any], Awaitable[httpx.Response | None]]) -> None:
        maria = await add_customer(platform)
        found[name] = Case(maria.headers, profile, lambda: end(maria), maria.refresh_token)

    async def another(maria: Any) -> dict[str, str]:
        form = {"username": maria.email, "password": PASSWORD}
        answer = await one.post("/v1/auth/customer/token", data=form)
        return bearer(answer.json()["access_token"])

    async def by_its_holder(maria: Any) -> httpx.Response:
        return await one.delete(f"{mine}/{maria.session_id}", headers=await another(maria))

    async def with_all_others(maria: Any) -> httpx.Response:
        return await one.delete(mine, headers=await another(maria))

    async def by_leaving(maria: Any) -> httpx.Response:
        return await one.post("/v1/auth/logout", headers=maria.headers)

    async def by_a_new_password(maria: Any) -> httpx.Response:
        body = {"current_password": PASSWORD, "new_password": "Novos-ventos-42-sopram!"}
        return await one.put("/v1/customer/password", json=body, headers=await another(maria))

    async def by_reuse(maria: Any) -> httpx.Response | None:
        for expected in (200, 401):
            body = {"refresh_token": maria.refresh_token}
            answer = await one.post("/v1/auth/refresh", json=body)
            assert answer.status_code == expected
        return None

    async def by_intervention(maria: Any) -> httpx.Response:
        order = {
            "login_id": str(maria.login_id),
            "reason_code": "suspected_breach",
            "reason_text": "Vimos entradas estranhas e desativamos a senha por cautela.",
        }
        return await one.post("/v1/staff/interventions", json=order, headers=director.headers)

    director = await add_staff(platform, "director")
    for name, end in (
        ("ended by its holder", by_its_holder),
        ("ended with all others", with_all_others),
        ("left", by_leaving),
        ("password changed", by_a_new_password),
        ("refresh token reused", by_reuse),
        ("intervention", by_intervention),
    ):
        await customer(name, end)

    owner = await add_customer(platform)
    revoked = await add_member(platform, owner.id, "profile")
    suspended = await add_member(platform, owner.id, "profile")
    found["member revoked"] = Case(
        revoked.headers,
        profile,
        lambda: one.delete(f"/v1/customer/members/{revoked.id}", headers=owner.headers),
        revoked.refresh_token,
    )
    found["member suspended"] = Case(
        suspended.headers,
        profile,
        lambda: one.patch(
            f"/v1/customer/members/{suspended.id}",
            json={"suspended": True},
            headers=owner.headers | {"If-Match": "*"},
        ),
        suspended.refresh_token,
    )

    def behind(model: type[Base], row: Any, **columns: Any) -> Callable[[], Awaitable[None]]:
        async def change() -> None:
            async with platform.database.transaction() as connection:
                key = model.__table__.c.id
                await connection.execute(update(model).where(key == row).values(**columns))

        return change

    now = platform.clock()
    support, expelled = await add_staff(platform, "support"), await add_staff(platform, "support")
    found["staff session ended by its holder"] = Case(
        support.headers,
        "/v1/staff/visibility",
        lambda: one.delete(f"/v1/staff/sessions/{support.session_id}", headers=support.headers),
    )
    found["staff member disabled"] = Case(
        expelled.headers,
        "/v1/staff/visibility",
        behind(StaffMember, expelled.id, status="disabled"),
    )
    disabled, erased = await add_customer(platform), await add_customer(platform)
    expiring = await add_member(platform, owner.id, "profile")
    found["login disabled"] = Case(
        disabled.headers, profile, behind(Login, disabled.login_id, status="disabled")
    )
    found["account erased"] = Case(
        erased.headers, profile, behind(Customer, erased.id, status="erased", closed_at=now)
    )
    found["membership expired"] = Case(
        expiring.headers, profile, behind(Membership, expiring.id, expires_at=now)
    )
    return found


async def refused_in_time(replicas: Replicas, name: str, case: Case) -> None:
    # Asked just before, so that the other one has the answer in its memory.
    alive = await replicas.other.get(case.path, headers=case.headers)
    assert alive.status_code == 200, name
    ended = await case.end()
    assert ended is None or ended.is_success, (name, ended.text)
    await asyncio.sleep(WITHIN)
    answers = [
        await replica.get(case.path, headers=case.headers)
        for replica in (replicas.other, replicas.one)
    ]
    if case.refresh_token is not None:
        body = {"refresh_token": case.refresh_token}
        answers.append(await replicas.other.post("/v1/auth/refresh", json=body))
    assert [answer.status_code for answer in answers] == [401] * len(answers), name
    assert answers[0].json()["code"] == "session_ended"


async def test_an_ended_session_is_refused_on_the_other_replica_within_a_second(
    replicas: Replicas,
) -> None:
    bystander = await add_customer(replicas.platform)
    everyone = await cases(replicas)
    await asyncio.gather(*(refused_in_time(replicas, *one) for one in everyone.items()))
    answer = await replicas.other.get("/v1/customer/profile", headers=bystander.headers)
    assert answer.status_code == 200
