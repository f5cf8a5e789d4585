"""How to call the routes of what people write to the agency."""

from collections.abc import Mapping
from typing import Any

import httpx

from app.access.scopes import Scope, row_scope
from app.access.viewers import Viewer
from app.models import Base
from app.projection.plans import Plan
from tests.support.canaries import Canary, plant
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.stage import Stage

DESK = "/v1/staff/contact-requests"
ONE = f"{DESK}/{{contact_request_id}}"
OWN = "/v1/customer/contact-requests"
DERIVED = ("overdue",)

_planted: dict[str, Canary] = {}
"""What the last preparation made, by topic, for the request that follows it."""


async def _plant(stage: Stage) -> None:
    """A request of each topic, asked by the login that calls at the customer door."""
    table = Base.metadata.tables["contact_requests"]
    async with stage.platform.database.transaction() as connection:
        for topic in ("privacy", "contact", "quote"):
            _planted[topic] = await plant(
                connection,
                table,
                stage.canaries,
                topic=topic,
                answers=[],
                login_id=stage.other.login_id,
            )
    stage.tap.clear()


def _address(viewer: Viewer) -> str:
    """One in the viewer's rows."""
    topics = {Scope.CONTACT_TOPIC: "contact", Scope.QUOTE_TOPIC: "quote"}
    topic = topics.get(row_scope("contact_request", viewer), "privacy")
    return f"{DESK}/{_planted[topic].values['id']}"


async def _list(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DESK}?limit=200", headers=headers)


async def _read(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(_address(viewer), headers=headers)


async def _update(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.patch(
        _address(viewer), json={"assigned_to": None}, headers={**headers, "If-Match": "*"}
    )


async def _answer(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"text": "Segue a resposta."}
    return await stage.client.post(f"{_address(viewer)}/answers", json=body, headers=headers)


async def _ask(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"topic": "privacy", "message": "Quais dados meus vocês guardam?"}
    return await stage.client.post(OWN, json=body, headers=headers)


async def _list_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{OWN}?limit=200", headers=headers)


def _done(*fields: str) -> Any:
    """A deed that touches these fields, and the record that is shown after it."""

    def expected(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
        return [
            (entry.permission, frozenset(fields), 1),
            ("staff:contact_request:read", frozenset(plan.visible), shown),
        ]

    return expected


def _entry(permission: str, send: Any, **options: Any) -> Exerciser:
    return Exerciser(
        permission,
        "contact_request",
        send,
        canary=False,
        prepare=_plant,
        derived=DERIVED,
        **options,
    )


CONTACT_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", DESK): _entry("staff:contact_request:list", _list, records=items),
    ("get", ONE): _entry("staff:contact_request:read", _read),
    ("patch", ONE): _entry("staff:contact_request:update", _update, expected=_done("assigned_to")),
    ("post", f"{ONE}/answers"): _entry(
        "staff:contact_request:answer",
        _answer,
        expected=_done("answers", "status", "answered_at"),
    ),
    ("post", OWN): _entry("customer:contact_request:create", _ask),
    ("get", OWN): _entry("customer:contact_request:list", _list_own, records=items),
}
