"""How to call the routes of third parties, as `exercisers.py` has them."""

import itertools
from collections.abc import Mapping

import httpx

from app.access.viewers import Viewer
from app.projection.plans import Plan
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.incident_exercisers import prove_presence
from tests.support.stage import Stage

STAFF, OWN = "/v1/staff/recipients", "/v1/customer/recipients"

_numbers = itertools.count(1)


def new_recipient(**members: object) -> dict[str, object]:
    """The body of a registration; no two have the same name."""
    return {
        "name": f"Parceiro {next(_numbers)}",
        "country": "PT",
        "contact_email": "dados@parceiro.exemplo.pt",
        "safeguards": "Contrato de operador.",
    } | members


async def _list(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{STAFF}?limit=200", headers=headers)


async def _read(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(_address(stage), headers=headers)


async def _register(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.post(STAFF, json=new_recipient(), headers=headers)


async def _update(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    seen = await stage.client.get(_address(stage), headers=headers)
    tag = seen.headers.get("etag", '"none"')
    body = {"safeguards": stage.canaries["recipients"].values["safeguards"]}
    stage.tap.clear()
    return await stage.client.patch(
        _address(stage), json=body, headers={**headers, "If-Match": tag}
    )


async def _list_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{OWN}?limit=200", headers=headers)


def _address(stage: Stage) -> str:
    return f"{STAFF}/{stage.canaries['recipients'].values['id']}"


def _updated(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    return [
        (entry.permission, frozenset(["safeguards"]), 1),
        ("staff:recipient:read", frozenset(plan.visible), shown),
    ]


PARTY_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", STAFF): Exerciser("staff:recipient:list", "recipient", _list, items),
    ("post", STAFF): Exerciser(
        "staff:recipient:create", "recipient", _register, canary=False, prepare=prove_presence
    ),
    ("get", f"{STAFF}/{{recipient_id}}"): Exerciser("staff:recipient:read", "recipient", _read),
    ("patch", f"{STAFF}/{{recipient_id}}"): Exerciser(
        "staff:recipient:update",
        "recipient",
        _update,
        expected=_updated,
        canary=False,
        prepare=prove_presence,
    ),
    ("get", OWN): Exerciser("customer:recipient:list", "recipient", _list_own, items),
}
