"""How to call the routes of the desk for legal requests."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert, update

from app.access.viewers import Viewer
from app.models import AuditSubject, Base, LegalColleague
from app.projection.plans import Plan
from app.services import legal_choices, legal_custody
from tests.support.canaries import plant
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.incident_exercisers import prove_presence
from tests.support.legal import DESK, DOOR, TOLD, asked, on_paper, secrecy
from tests.support.officers import AgencyMade, add_officer
from tests.support.stage import Stage

ONE = f"{DESK}/{{legal_request_id}}"
OWN = f"{DOOR}/{{legal_request_id}}"
DERIVED = ("overdue", "next")
KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
"""The public key of somebody: no domain of the canary agency is one."""

_planted: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""


async def _plant(stage: Stage) -> None:
    """A request of the stage's officer that was just received, and its first step."""
    tables = Base.metadata.tables
    async with stage.platform.database.transaction() as connection:
        request = await plant(
            connection, tables["legal_requests"], stage.canaries, officer_id=stage.officer.id
        )
        request_id = request.values["id"]
        await plant(connection, tables["legal_steps"], stage.canaries, request_id=request_id)
    _planted["id"] = request_id
    stage.tap.clear()


def _canary(stage: Stage) -> str:
    return f"{DESK}/{stage.canaries['legal_requests'].values['id']}"


async def _list(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DESK}?limit=200", headers=headers)


async def _read(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(_canary(stage), headers=headers)


async def _enter(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = on_paper(stage.canaries["agencies"].values["id"], answer_email=None, age_recipient=KEY)
    return await stage.client.post(DESK, json=body, headers=headers)


async def _steps(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_canary(stage)}/steps?limit=200", headers=headers)


async def _advance(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DESK}/{_planted['id']}/steps"
    return await stage.client.post(address, json={"deed": "begin"}, headers=headers)


async def _list_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DOOR}?limit=200", headers=headers)


async def _send(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.post(DOOR, json=asked(), headers=headers)


async def _read_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DOOR}/{_planted['id']}", headers=headers)


async def _steps_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DOOR}/{_planted['id']}/steps?limit=200", headers=headers)


async def _withdraw(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DOOR}/{_planted['id']}/steps"
    return await stage.client.post(address, json={"deed": "withdraw"}, headers=headers)


async def _custody(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DESK}/{_planted['id']}/custody?limit=200", headers=headers)


async def _plant_touched(stage: Stage) -> None:
    """A request, and the canary event as a link of its chain."""
    await _plant(stage)
    link = {
        "subject_id": _planted["id"],
        "event_id": stage.canaries["audit_events"].values["id"],
    }
    async with stage.platform.database.transaction() as connection:
        await connection.execute(insert(AuditSubject).values(**link))
    stage.tap.clear()


async def _plant_shared(stage: Stage) -> None:
    """A request, and two colleagues of the stage's officer: one is on it, one is to be added."""
    await _plant(stage)
    agency = AgencyMade(
        stage.officer.agency_id, "", "promotoria.exemplo.gov.br", "", _director(stage)
    )
    on_it, other = [await add_officer(stage.platform, agency) for _ in range(2)]
    async with stage.platform.database.transaction() as connection:
        await connection.execute(
            insert(LegalColleague).values(
                request_id=_planted["id"], officer_id=on_it.id, added_at=stage.platform.clock()
            )
        )
    _planted["colleague"] = other.email
    stage.tap.clear()


def _director(stage: Stage) -> UUID:
    return stage.staff[Viewer.DIRECTOR].id


async def _colleagues(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DOOR}/{_planted['id']}/colleagues", headers=headers)


async def _add_colleague(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"email": _planted["colleague"]}
    address = f"{DOOR}/{_planted['id']}/colleagues"
    return await stage.client.post(address, json=body, headers=headers)


def _added(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    """The deed, and everybody who is shown after it."""
    return [
        (entry.permission, frozenset(["officer_id"]), 1),
        (entry.permission, frozenset(plan.visible), shown),
    ]


async def _plant_package(stage: Stage) -> None:
    """One that was fetched, of a request of the stage's officer."""
    await _plant(stage)
    await _plant_fetched(stage, _planted["id"])


async def _plant_fetched(stage: Stage, request_id: Any) -> None:
    package = Base.metadata.tables["legal_packages"]
    now = stage.platform.clock()
    fetched = {"state": "downloaded", "released_at": now, "expires_at": now + timedelta(days=1)}
    async with stage.platform.database.transaction() as connection:
        await plant(connection, package, stage.canaries, request_id=request_id, **fetched)
    stage.tap.clear()


async def _package(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_canary(stage)}/package", headers=headers)


async def _package_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DOOR}/{_planted['id']}/package", headers=headers)


async def _reissue(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DESK}/{_planted['id']}/package/reissues"
    body = {"reason": "O download foi interrompido."}
    return await stage.client.post(address, json=body, headers=headers)


async def _targets(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_canary(stage)}/targets", headers=headers)


async def _plant_question(stage: Stage) -> None:
    """A request at the desk, in which a person may be several customers."""
    await _plant(stage)
    tables = Base.metadata.tables
    candidate = {"customer_id": str(stage.other.id), "matched_by": ["name", "phone"]}
    async with stage.platform.database.transaction() as connection:
        requests = tables["legal_requests"]
        await connection.execute(
            update(requests).where(requests.c.id == _planted["id"]).values(status="legal_review")
        )
        target = await plant(
            connection,
            tables["legal_targets"],
            stage.canaries,
            request_id=_planted["id"],
            position=0,
            customer_id=None,
            outcome="ambiguous",
            candidates=[candidate],
            **dict.fromkeys(("chosen_by", "chosen_at", "choice_reason")),
        )
    _planted["target"] = target.values["id"]
    await prove_presence(stage)
    stage.tap.clear()


async def _choose(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DESK}/{_planted['id']}/targets/{_planted['target']}/choice"
    body = {"customer_id": str(stage.other.id), "reason": "O CPF informado é o desta conta."}
    return await stage.client.post(address, json=body, headers=headers)


async def _notices(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_canary(stage)}/notices?limit=200", headers=headers)


async def _plant_hold(stage: Stage) -> None:
    """Another request of the same sender's, that holds somebody."""
    await _plant(stage)
    async with stage.platform.database.transaction() as connection:
        await plant(
            connection,
            Base.metadata.tables["legal_holds"],
            stage.canaries,
            request_id=_planted["id"],
            customer_id=stage.other.id,
            lapses_at=stage.platform.clock() + timedelta(days=60),
        )
    stage.tap.clear()


async def _holds(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_canary(stage)}/holds?limit=200", headers=headers)


async def _file(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DESK}/{_planted['id']}/filings"
    return await stage.client.post(address, json={"filing_number": "1/2026"}, headers=headers)


async def _release(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DESK}/{_planted['id']}/releases"
    return await stage.client.post(address, json={"reason": "Indeferido."}, headers=headers)


async def _order(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    until = (stage.platform.clock() + timedelta(days=9)).isoformat()
    address = f"{DESK}/{_planted['id']}/secrecy-orders"
    return await stage.client.post(address, json=secrecy(until), headers=headers)


async def _secrecy_orders(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{_canary(stage)}/secrecy-orders?limit=200", headers=headers)


async def _plant_proposal(stage: Stage) -> None:
    """A request about which somebody else proposed to lift its secrecy."""
    await _plant(stage)
    table = Base.metadata.tables["legal_secrecy_orders"]
    proposed = {"entry": "proposed", "change": "lifted", "secrecy_until": None, "number": 1}
    async with stage.platform.database.transaction() as connection:
        proposal = await plant(
            connection,
            table,
            stage.canaries,
            request_id=_planted["id"],
            at=stage.platform.clock(),
            **proposed,
        )
    _planted["proposal"] = proposal.values["id"]
    stage.tap.clear()


async def _confirm(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DESK}/{_planted['id']}/secrecy-orders/{_planted['proposal']}/confirmation"
    return await stage.client.post(address, headers=headers)


def _changed(*fields: str) -> Callable[[Exerciser, Plan, int], list[Expected]]:
    """What was written, and the request that is shown after it."""
    return lambda entry, plan, shown: [
        (entry.permission, frozenset(fields), 1),
        (entry.permission, frozenset(plan.visible), shown),
    ]


async def _told(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{TOLD}?limit=200", headers=headers)


def _own(permission: str, resource: str, send: Any, **options: Any) -> Exerciser:
    """A route of the sender's, about a request of theirs."""
    return Exerciser(permission, resource, send, canary=False, prepare=_plant, **options)


def _begun(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    """The deed, with what the service found, and the request that is shown after it."""
    return [
        (entry.permission, frozenset(["findings", "status"]), 1),
        (entry.permission, frozenset(plan.visible), shown),
    ]


def _advanced(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    """The deed, and the request that is shown after it."""
    return [
        (entry.permission, frozenset(["status"]), 1),
        (entry.permission, frozenset(plan.visible), shown),
    ]


def _reissued(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    """The deed, and the package that is shown after it."""
    return [
        (entry.permission, frozenset(["reissues", "state"]), 1),
        (entry.permission, frozenset(plan.visible), shown),
    ]


LEGAL_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", DESK): Exerciser(
        "staff:legal_request:list", "legal_request", _list, records=items, derived=DERIVED
    ),
    ("post", DESK): Exerciser(
        "staff:legal_request:create", "legal_request", _enter, canary=False, derived=DERIVED
    ),
    ("get", ONE): Exerciser("staff:legal_request:read", "legal_request", _read, derived=DERIVED),
    ("get", f"{ONE}/steps"): Exerciser(
        "staff:legal_step:list", "legal_step", _steps, records=items
    ),
    ("post", f"{ONE}/steps"): Exerciser(
        "staff:legal_request:advance",
        "legal_request",
        _advance,
        canary=False,
        prepare=_plant,
        expected=_begun,
        derived=DERIVED,
    ),
    ("get", f"{ONE}/targets"): Exerciser(
        "staff:legal_target:list", "legal_target", _targets, records=items
    ),
    ("post", f"{ONE}/targets/{{legal_target_id}}/choice"): Exerciser(
        legal_choices.CHOOSE,
        "legal_target",
        _choose,
        expected=_changed(*legal_choices.CHOICE),
        canary=False,
        prepare=_plant_question,
    ),
    ("get", f"{ONE}/notices"): Exerciser(
        "staff:legal_notice:list", "legal_notice", _notices, records=items
    ),
    ("get", f"{ONE}/holds"): Exerciser(
        "staff:legal_hold:list", "legal_hold", _holds, records=items
    ),
    ("post", f"{ONE}/filings"): Exerciser(
        "staff:legal_hold:file",
        "legal_request",
        _file,
        expected=_changed("filing_number", "filed_at", "filed_by"),
        canary=False,
        prepare=_plant_hold,
        derived=DERIVED,
    ),
    ("post", f"{ONE}/releases"): Exerciser(
        "staff:legal_hold:release",
        "legal_request",
        _release,
        expected=_changed("ended_at", "end_reason", "ended_by", "end_note"),
        canary=False,
        prepare=_plant_hold,
        derived=DERIVED,
    ),
    ("post", f"{ONE}/secrecy-orders"): Exerciser(
        "staff:legal_request:keep_secret",
        "legal_secrecy_order",
        _order,
        expected=_changed("secrecy_basis", "secrecy_until"),
        canary=False,
        prepare=_plant,
    ),
    ("get", f"{ONE}/secrecy-orders"): Exerciser(
        "staff:legal_secrecy_order:list", "legal_secrecy_order", _secrecy_orders, records=items
    ),
    ("post", f"{ONE}/secrecy-orders/{{legal_secrecy_order_id}}/confirmation"): Exerciser(
        "staff:legal_secrecy_order:confirm",
        "legal_secrecy_order",
        _confirm,
        expected=_changed("secrecy_basis", "secrecy_until"),
        canary=False,
        prepare=_plant_proposal,
    ),
    ("get", f"{ONE}/package"): Exerciser("staff:legal_package:read", "legal_package", _package),
    ("post", f"{ONE}/package/reissues"): Exerciser(
        "staff:legal_package:reissue",
        "legal_package",
        _reissue,
        canary=False,
        prepare=_plant_package,
        expected=_reissued,
    ),
    ("get", f"{OWN}/package"): Exerciser(
        "authority:legal_package:read",
        "legal_package",
        _package_own,
        canary=False,
        prepare=_plant_package,
    ),
    ("get", TOLD): Exerciser("customer:legal_notice:list", "legal_notice", _told, records=items),
    ("get", f"{ONE}/custody"): Exerciser(
        legal_custody.LIST,
        "audit_event",
        _custody,
        records=items,
        prepare=_plant_touched,
        part=legal_custody.FIELDS,
        derived=("actor_name", "agency", "step", "secrecy_order", "seal"),
    ),
    ("get", f"{OWN}/colleagues"): Exerciser(
        "authority:legal_colleague:list",
        "legal_colleague",
        _colleagues,
        records=items,
        canary=False,
        prepare=_plant_shared,
    ),
    ("post", f"{OWN}/colleagues"): Exerciser(
        "authority:legal_colleague:add",
        "legal_colleague",
        _add_colleague,
        records=items,
        expected=_added,
        canary=False,
        prepare=_plant_shared,
    ),
    ("get", DOOR): _own(
        "authority:legal_request:list", "legal_request", _list_own, records=items, derived=DERIVED
    ),
    ("post", DOOR): _own("authority:legal_request:create", "legal_request", _send, derived=DERIVED),
    ("get", OWN): _own("authority:legal_request:read", "legal_request", _read_own, derived=DERIVED),
    ("get", f"{OWN}/steps"): _own(
        "authority:legal_step:list", "legal_step", _steps_own, records=items
    ),
    ("post", f"{OWN}/steps"): _own(
        "authority:legal_request:advance",
        "legal_request",
        _withdraw,
        expected=_advanced,
        derived=DERIVED,
    ),
}
