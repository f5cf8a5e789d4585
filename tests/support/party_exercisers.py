"""How to call the routes of third parties and of what they get, as `exercisers.py` has them."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx

from app.access.processing import THIRD_PARTY_SHARING
from app.access.viewers import MUST_GIVE_REASON, Viewer
from app.projection.plans import Plan
from app.services import consent_ledger
from app.services.consent_sayings import Recorded, Statement
from app.services.platform import Platform
from app.services.system import operator
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.incident_exercisers import prove_presence
from tests.support.people import REASON
from tests.support.stage import Stage

FIELDS = ["customer.name", "customer.email"]
STAFF, OWN = "/v1/staff/recipients", "/v1/customer/recipients"
DERIVED = ("delivery",)

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


async def shared(
    platform: Platform,
    customer_id: UUID,
    recipient_id: UUID,
    *fields: str,
    granted: bool = True,
    expires_in: timedelta = timedelta(days=30),
) -> Recorded:
    """A customer's yes to these fields for a third party, or their no, without what follows."""
    statement = Statement(
        subject_id=customer_id,
        purpose=THIRD_PARTY_SHARING,
        granted=granted,
        channel="web",
        recipient_id=recipient_id,
        fields=fields if granted else None,
        expires_at=platform.clock() + expires_in,
    )
    actor = replace(operator(), kind="login")
    async with platform.database.transaction() as connection:
        return await consent_ledger.record(platform, connection, actor, statement)


async def _consented(stage: Stage) -> None:
    await prove_presence(stage)
    recipient_id = stage.canaries["recipients"].values["id"]
    await shared(stage.platform, stage.other.id, recipient_id, *FIELDS)


async def _disclose(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {
        "recipient_id": str(stage.canaries["recipients"].values["id"]),
        "purpose": THIRD_PARTY_SHARING,
        "fields": FIELDS,
    }
    path = f"/v1/staff/customers/{stage.other.id}/disclosures"
    given = {} if viewer in MUST_GIVE_REASON else {"X-Reason": REASON}
    return await stage.client.post(path, json=body, headers=given | headers)


async def _list_disclosures(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/staff/disclosures?limit=200", headers=headers)


async def _own_disclosures(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/disclosures", headers=headers)


def _disclosed(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    return [
        (entry.permission, frozenset(FIELDS), 1),
        ("staff:disclosure:list", frozenset(plan.visible), shown),
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
    ("post", "/v1/staff/customers/{customer_id}/disclosures"): Exerciser(
        "staff:disclosure:create",
        "disclosure",
        _disclose,
        expected=_disclosed,
        canary=False,
        derived=DERIVED,
        prepare=_consented,
        reasoned=True,
    ),
    ("get", "/v1/staff/disclosures"): Exerciser(
        "staff:disclosure:list", "disclosure", _list_disclosures, items, derived=DERIVED
    ),
    ("get", "/v1/customer/disclosures"): Exerciser(
        "customer:disclosure:list", "disclosure", _own_disclosures, items, derived=DERIVED
    ),
}
