"""How to call the routes of interventions, incidents and mails."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from sqlalchemy import update

from app.access.viewers import Viewer
from app.models import Base, Session
from app.projection.plans import Plan
from tests.support.canaries import Canary, plant
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.people import add_customer
from tests.support.stage import Stage

INTERVENTIONS = "/v1/staff/interventions"
INCIDENTS = "/v1/staff/incidents"
OWN = "/v1/customer/interventions"

_prepared: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""


async def _list_interventions(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    code = stage.canaries["interventions"].values["reason_code"]
    return await stage.client.get(f"{INTERVENTIONS}?reason_code={code}", headers=headers)


async def _intervene(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {
        "login_id": str(_prepared["login"]),
        "reason_code": "suspected_breach",
        "reason_text": "Houve entradas estranhas.",
    }
    return await _post(stage, INTERVENTIONS, body, headers)


async def _list_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    code = _prepared["report"].values["reason_code"]
    return await stage.client.get(f"{OWN}?reason_code={code}", headers=headers)


async def _read_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    report = _prepared["report"].values["id"]
    return await stage.client.get(f"{OWN}/{report}", headers=headers)


async def _list_incidents(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{INCIDENTS}?limit=200", headers=headers)


async def _read_incident(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(_address(stage), headers=headers)


async def _update_incident(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    seen = await stage.client.get(_address(stage), headers=headers)
    body = {"title": stage.canaries["incidents"].values["title"]}
    tag = seen.headers.get("etag", '"none"')
    stage.tap.clear()
    return await stage.client.patch(
        _address(stage), json=body, headers={**headers, "If-Match": tag}
    )


async def _create_incident(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {
        "title": "Ensaio",
        "reason_code": "suspected_breach",
        "reason_text": {"pt-BR": "Houve entradas estranhas.", "en": "There were strange entries."},
        "known_at": "2026-11-01T12:00:00Z",
        "selection": {"network": "198.51.100.0/24"},
    }
    return await _post(stage, INCIDENTS, body, headers)


async def _confirm(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{INCIDENTS}/{_prepared['draft']}/confirm"
    return await _post(stage, address, {"expected_count": 0}, headers)


async def _cancel(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.post(f"{INCIDENTS}/{_prepared['draft']}/cancel", headers=headers)


async def _retry(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.post(f"{_address(stage)}/retry", headers=headers)


async def _list_deliveries(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_address(stage)}/deliveries", headers=headers)


async def _list_messages(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    batch = stage.canaries["outbox_messages"].values["batch"]
    return await stage.client.get(f"/v1/staff/messages?batch={batch}", headers=headers)


def _detail(content: Any) -> list[Any]:
    """The record of an answer that also tells its progress."""
    return [{name: value for name, value in content.items() if name != "progress"}]


def _address(stage: Stage) -> str:
    return f"{INCIDENTS}/{stage.canaries['incidents'].values['id']}"


async def _post(
    stage: Stage, address: str, body: dict[str, Any], headers: dict[str, str]
) -> httpx.Response:
    stage.tap.clear()
    return await stage.client.post(address, json=body, headers=headers)


async def prove_presence(stage: Stage) -> None:
    """The stage outlives a proof of presence."""
    sessions = [person.session_id for person in stage.staff.values()]
    async with stage.platform.database.transaction() as connection:
        proof = update(Session).where(Session.id.in_(sessions))
        await connection.execute(proof.values(proved_at=stage.platform.clock()))


async def _a_login(stage: Stage) -> None:
    """Somebody to intervene on."""
    await prove_presence(stage)
    _prepared["login"] = (await add_customer(stage.platform)).login_id


async def _own_report(stage: Stage) -> None:
    """A report on the login that calls at the customer door."""
    _prepared["report"] = await _plant(
        stage, "interventions", login_id=stage.other.login_id, incident_id=None, language="pt-BR"
    )


async def _draft(stage: Stage) -> None:
    """An incident over nobody, entered by somebody else."""
    await prove_presence(stage)
    planted = await _plant(stage, "incidents", selection={"logins": []})
    _prepared["draft"] = planted.values["id"]


async def _plant(stage: Stage, table: str, **fixed: Any) -> Canary:
    async with stage.platform.database.transaction() as connection:
        planted = await plant(connection, Base.metadata.tables[table], stage.canaries, **fixed)
    stage.tap.clear()
    return planted


def _decided(field: str) -> Callable[[Exerciser, Plan, int], list[Expected]]:
    """A deed that touches one field, and the record that is shown after it."""
    return lambda entry, plan, shown: [
        (entry.permission, frozenset([field]), 1),
        ("staff:incident:read", frozenset(plan.visible), shown),
    ]


def _entered(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    """An entry fills in all but what is only known later."""
    later = {"occurred_at", "confirmed_at", "confirmed_by", "confirmed_role", "finished_at"}
    return [
        (entry.permission, frozenset(plan.visible) - later, 1),
        ("staff:incident:read", frozenset(plan.visible), shown),
    ]


def _retried(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    """A deed that touches none of the incident's own fields; none of its logins had failed."""
    return [
        (entry.permission, frozenset(), 0),
        ("staff:incident:read", frozenset(plan.visible), shown),
    ]


INCIDENT_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", INTERVENTIONS): Exerciser(
        "staff:intervention:list", "intervention", _list_interventions, items
    ),
    ("post", INTERVENTIONS): Exerciser(
        "staff:intervention:create", "intervention", _intervene, canary=False, prepare=_a_login
    ),
    ("get", OWN): Exerciser(
        "customer:intervention:list",
        "intervention",
        _list_own,
        items,
        canary=False,
        prepare=_own_report,
    ),
    ("get", f"{OWN}/{{intervention_id}}"): Exerciser(
        "customer:intervention:read", "intervention", _read_own, canary=False, prepare=_own_report
    ),
    ("get", INCIDENTS): Exerciser("staff:incident:list", "incident", _list_incidents, items),
    ("post", INCIDENTS): Exerciser(
        "staff:incident:create",
        "incident",
        _create_incident,
        _detail,
        expected=_entered,
        canary=False,
    ),
    ("get", f"{INCIDENTS}/{{incident_id}}"): Exerciser(
        "staff:incident:read", "incident", _read_incident, _detail
    ),
    ("patch", f"{INCIDENTS}/{{incident_id}}"): Exerciser(
        "staff:incident:update",
        "incident",
        _update_incident,
        _detail,
        expected=_decided("title"),
    ),
    ("post", f"{INCIDENTS}/{{incident_id}}/confirm"): Exerciser(
        "staff:incident:confirm",
        "incident",
        _confirm,
        _detail,
        expected=_decided("status"),
        canary=False,
        prepare=_draft,
    ),
    ("post", f"{INCIDENTS}/{{incident_id}}/cancel"): Exerciser(
        "staff:incident:cancel",
        "incident",
        _cancel,
        _detail,
        expected=_decided("status"),
        canary=False,
        prepare=_draft,
    ),
    ("post", f"{INCIDENTS}/{{incident_id}}/retry"): Exerciser(
        "staff:incident:retry", "incident", _retry, _detail, expected=_retried
    ),
    ("get", f"{INCIDENTS}/{{incident_id}}/deliveries"): Exerciser(
        "staff:outbox_message:list", "outbox_message", _list_deliveries, items
    ),
    ("get", "/v1/staff/messages"): Exerciser(
        "staff:outbox_message:list", "outbox_message", _list_messages, items
    ),
}
