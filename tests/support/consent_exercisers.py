"""The routes of consents and of what they are asked for, as `exercisers.py` has them."""

from collections.abc import Mapping

import httpx

from app.access.viewers import Viewer
from app.projection.plans import Plan
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.stage import Stage


def _public(_: Exerciser, __: Plan, ___: int) -> list[Expected]:
    return []


async def _purposes(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/public/purposes", headers=headers)


async def _versions(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    key = stage.canaries["purposes"].values["key"]
    return await stage.client.get(f"/v1/public/purposes/{key}", headers=headers)


async def _version(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    planted = stage.canaries["purposes"].values
    path = f"/v1/public/purposes/{planted['key']}/versions/{planted['version']}"
    return await stage.client.get(path, headers=headers)


CONSENT_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", "/v1/public/purposes"): Exerciser(
        "public:purpose:read", "purpose", _purposes, items, _public
    ),
    ("get", "/v1/public/purposes/{key}"): Exerciser(
        "public:purpose:read", "purpose", _versions, items, _public
    ),
    ("get", "/v1/public/purposes/{key}/versions/{version}"): Exerciser(
        "public:purpose:read", "purpose", _version, expected=_public
    ),
}
