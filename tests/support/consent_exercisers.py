"""The routes of consents and of what they are asked for, as `exercisers.py` has them."""

from collections.abc import Mapping

import httpx

from app.access.viewers import Viewer
from app.projection.plans import Plan
from tests.support.exercising import Exerciser, Expected, Route, items, said
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


async def _own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/consents", headers=headers)


async def _say(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"purpose": "analytics", "granted": False}
    return await stage.client.post("/v1/customer/consents", json=body, headers=headers)


async def _own_history(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/consents/history", headers=headers)


async def _own_event(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    event_id = stage.canaries["consent_events"].values["id"]
    return await stage.client.get(f"/v1/customer/consents/{event_id}", headers=headers)


async def _of_customer(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    path = f"/v1/staff/customers/{stage.customer_id}/consents"
    return await stage.client.get(path, headers=headers)


async def _take(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    path = f"/v1/staff/customers/{stage.other.id}/consents"
    body = {"purpose": "marketing", "granted": True, "version": 1, "call_reference": "2026/42"}
    return await stage.client.post(path, json=body, headers=headers)


async def _history(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    path = f"/v1/staff/customers/{stage.customer_id}/consents/history"
    return await stage.client.get(path, headers=headers)


async def _visits(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/analytics-events", headers=headers)


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
    ("get", "/v1/customer/analytics-events"): Exerciser(
        "customer:analytics_event:list", "analytics_event", _visits, items
    ),
    ("get", "/v1/customer/consents"): Exerciser(
        "customer:consent:read", "consent_state", _own, said
    ),
    ("post", "/v1/customer/consents"): Exerciser(
        "customer:consent:record", "consent_event", _say, canary=False
    ),
    ("get", "/v1/customer/consents/history"): Exerciser(
        "customer:consent:list", "consent_event", _own_history, items
    ),
    ("get", "/v1/customer/consents/{consent_event_id}"): Exerciser(
        "customer:consent:read", "consent_event", _own_event
    ),
    ("get", "/v1/staff/customers/{customer_id}/consents"): Exerciser(
        "staff:consent:read", "consent_state", _of_customer, said
    ),
    ("post", "/v1/staff/customers/{customer_id}/consents"): Exerciser(
        "staff:consent:record", "consent_state", _take, canary=False
    ),
    ("get", "/v1/staff/customers/{customer_id}/consents/history"): Exerciser(
        "staff:consent:list", "consent_event", _history, items
    ),
}
