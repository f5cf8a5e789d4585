"""How to call the routes of second factors."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import httpx
from sqlalchemy import or_, select

from app.access.viewers import Viewer
from app.models import Authenticator
from app.projection.plans import Plan
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.stage import Stage

WHERE: Final = "no record; tests/journeys/test_second_factors.py"
FACTORS_ARE_NO_RECORDS: Final[Mapping[Route, str]] = {
    (method, f"/v1/{door}/authenticators{rest}"): WHERE
    for door in ("customer", "staff", "authority")
    for method, rest in (
        ("post", "/totp"),
        ("post", "/totp/{authenticator_id}/confirm"),
        ("post", "/passkeys/options"),
        ("post", "/passkeys"),
        ("post", "/recovery-codes"),
        ("delete", "/{authenticator_id}"),
    )
}


async def _own_factor(stage: Stage, viewer: Viewer) -> UUID:
    """A second factor of whoever calls, read behind the service's back; for nobody some id."""
    holder = stage.other.login_id
    if viewer in stage.staff:
        holder = stage.staff[viewer].id
    if viewer is Viewer.AUTHORITY:
        holder = stage.officer.id
    theirs = or_(
        Authenticator.login_id == holder,
        Authenticator.staff_id == holder,
        Authenticator.officer_id == holder,
    )
    async with stage.platform.database.transaction() as connection:
        found = await connection.execute(select(Authenticator.id).where(theirs).limit(1))
        factor_id: UUID = found.scalar_one()
    stage.tap.clear()
    return factor_id


def _factors(door: str) -> dict[Route, Exerciser]:
    place, resource = f"/v1/{door}/authenticators", "authenticator"

    async def page(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
        return await stage.client.get(place, headers=headers)

    async def one(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
        factor_id = await _own_factor(stage, viewer)
        return await stage.client.get(f"{place}/{factor_id}", headers=headers)

    async def rename(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
        factor_id = await _own_factor(stage, viewer)
        return await stage.client.patch(
            f"{place}/{factor_id}", json={"name": "Outro"}, headers={**headers, "If-Match": "*"}
        )

    def renamed(entry: Exerciser, plan: Plan, _: int) -> list[Expected]:
        read = (f"{door}:authenticator:read", frozenset(plan.visible), 1)
        return [(entry.permission, frozenset({"name"}), 1), read]

    verb = f"{door}:authenticator"
    return {
        ("get", place): Exerciser(f"{verb}:list", resource, page, items, canary=False),
        ("get", f"{place}/{{authenticator_id}}"): Exerciser(
            f"{verb}:read", resource, one, canary=False
        ),
        ("patch", f"{place}/{{authenticator_id}}"): Exerciser(
            f"{verb}:update", resource, rename, expected=renamed, canary=False
        ),
    }


FACTOR_EXERCISERS: Final[Mapping[Route, Exerciser]] = (
    _factors("customer") | _factors("staff") | _factors("authority")
)
