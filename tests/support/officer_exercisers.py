"""How to call the routes of agencies and their officers, as `exercisers.py` has them."""

import itertools
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx

from app.access.viewers import MUST_GIVE_REASON, Viewer
from app.projection.plans import Plan
from app.services import agencies, officer_recoveries, officers
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.incident_exercisers import prove_presence
from tests.support.officers import (
    AGENCIES,
    OFFICERS,
    AgencyMade,
    add_agency,
    add_officer,
    call,
    vetting,
)
from tests.support.people import REASON
from tests.support.stage import Stage

_numbers = itertools.count(1)
_prepared: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""

VETTING = ("status", "vettings", "vetted_at", "vetted_by", "valid_until")


def new_agency(**members: object) -> dict[str, object]:
    """The body of an entry; no two have the same name."""
    number = next(_numbers)
    return {
        "name": f"Delegacia Numero {number}",
        "kind": "police",
        "jurisdiction": "BR-RJ",
        "domains": [f"delegacia-{number}.exemplo.gov.br"],
        "callback_phone": "(21) 3234-5678",
        "phone_source": "Portal do órgão",
    } | members


def _public(_entry: Exerciser, _plan: Plan, _shown: int) -> list[Expected]:
    """What is published to everybody says nothing about anybody."""
    return []


def _get(
    path: str, table: str | None = None
) -> Callable[[Stage, Viewer, dict[str, str]], Coroutine[Any, Any, httpx.Response]]:
    async def send(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
        address = f"{path}?limit=200" if table is None else _canary(stage, path, table)
        return await stage.client.get(address, headers=headers)

    return send


async def _own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/authority/login", headers=headers)


async def _own_sessions(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/authority/sessions", headers=headers)


async def _enter(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.post(AGENCIES, json=new_agency(), headers=headers)


async def _update(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"phone_source": stage.canaries["agencies"].values["phone_source"]}
    return await stage.client.patch(
        _canary(stage, AGENCIES, "agencies"), json=body, headers={**headers, "If-Match": "*"}
    )


async def _unconfirmed(stage: Stage) -> None:
    """An agency that nobody on the stage entered, and nobody confirmed yet."""
    await prove_presence(stage)
    by = stage.canaries["staff_members"].values["id"]
    nobody = dict.fromkeys(agencies.CONFIRMATION)
    _prepared.update(agency=await add_agency(stage.platform, by=by, **nobody))


async def _confirm(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{AGENCIES}/{_prepared['agency'].id}"
    seen = await stage.client.get(address, headers=headers)
    tag = seen.headers.get("etag", '"none"')
    stage.tap.clear()
    return await stage.client.post(f"{address}/confirm", headers={**headers, "If-Match": tag})


def _confirmed(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    return [
        (entry.permission, frozenset(agencies.CONFIRMATION), 1),
        (agencies.READ, frozenset(plan.visible), shown),
    ]


def _updated(entry: Exerciser, plan: Plan, shown: int) -> list[Expected]:
    return [
        (entry.permission, frozenset(["phone_source"]), 1),
        (agencies.READ, frozenset(plan.visible), shown),
    ]


def _canary(stage: Stage, path: str, table: str) -> str:
    return f"{path}/{stage.canaries[table].values['id']}"


def _an_officer(status: str) -> Callable[[Stage], Coroutine[Any, Any, None]]:
    """One of an agency that nobody on the stage entered; all have just proved to be there."""

    async def prepare(stage: Stage) -> None:
        await prove_presence(stage)
        agency = await add_agency(stage.platform, by=stage.canaries["staff_members"].values["id"])
        officer = await add_officer(stage.platform, agency, status=status)
        _prepared.update(agency=agency, officer=officer)

    return prepare


async def _who_lost_their_factors(stage: Stage) -> None:
    """An officer whose agency was called about it, by nobody who calls here."""
    await prove_presence(stage)
    agency = await add_agency(stage.platform, by=stage.canaries["staff_members"].values["id"])
    lost = vetting(agency, stage.platform.clock(), about=officer_recoveries.LOST)
    officer = await add_officer(stage.platform, agency, vettings=[lost])
    _prepared.update(agency=agency, officer=officer)


async def _vet(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    agency: AgencyMade = _prepared["agency"]
    path = f"{OFFICERS}/{_prepared['officer'].id}/vettings"
    return await stage.client.post(path, json=call(agency), headers=headers)


def _post(
    verb: str,
) -> Callable[[Stage, Viewer, dict[str, str]], Coroutine[Any, Any, httpx.Response]]:
    async def send(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
        path = f"{OFFICERS}/{_prepared['officer'].id}/{verb}"
        given = {} if viewer in MUST_GIVE_REASON else {"X-Reason": REASON}
        return await stage.client.post(path, headers=given | headers)

    return send


def _decided(*fields: str) -> Callable[[Exerciser, Plan, int], list[Expected]]:
    """A deed that touches some fields, and the officer who is shown after it."""
    return lambda entry, plan, shown: [
        (entry.permission, frozenset(fields), 1),
        (officers.READ, frozenset(plan.visible), shown),
    ]


def _deed(
    verb: str,
    permission: str,
    send: Callable[[Stage, Viewer, dict[str, str]], Coroutine[Any, Any, httpx.Response]],
    status: str,
    *fields: str,
    reasoned: bool = True,
) -> dict[Route, Exerciser]:
    return {
        ("post", f"{OFFICERS}/{{officer_id}}/{verb}"): Exerciser(
            permission,
            "officer",
            send,
            expected=_decided(*fields),
            canary=False,
            prepare=_an_officer(status),
            reasoned=reasoned,
        )
    }


OFFICER_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", "/v1/public/agencies"): Exerciser(
        "public:agency:list", "agency", _get("/v1/public/agencies"), items, expected=_public
    ),
    ("get", AGENCIES): Exerciser("staff:agency:list", "agency", _get(AGENCIES), items),
    ("post", AGENCIES): Exerciser(
        "staff:agency:create", "agency", _enter, canary=False, prepare=prove_presence
    ),
    ("get", f"{AGENCIES}/{{agency_id}}"): Exerciser(
        "staff:agency:read", "agency", _get(AGENCIES, "agencies")
    ),
    ("patch", f"{AGENCIES}/{{agency_id}}"): Exerciser(
        "staff:agency:update", "agency", _update, expected=_updated, canary=False
    ),
    ("post", f"{AGENCIES}/{{agency_id}}/confirm"): Exerciser(
        agencies.CONFIRM,
        "agency",
        _confirm,
        expected=_confirmed,
        canary=False,
        prepare=_unconfirmed,
    ),
    ("get", OFFICERS): Exerciser("staff:officer:list", "officer", _get(OFFICERS), items),
    ("get", f"{OFFICERS}/{{officer_id}}"): Exerciser(
        "staff:officer:read", "officer", _get(OFFICERS, "officers")
    ),
    **_deed("vettings", "staff:officer:vet", _vet, "confirmed", *VETTING, reasoned=False),
    **_deed("suspend", officers.SUSPEND, _post("suspend"), "active", *officers.SUSPENSION),
    **_deed("reinstate", officers.REINSTATE, _post("reinstate"), "suspended", *officers.SUSPENSION),
    ("post", f"{OFFICERS}/{{officer_id}}/recoveries"): Exerciser(
        officer_recoveries.PERMIT,
        "officer",
        _post("recoveries"),
        expected=_decided("vettings"),
        canary=False,
        prepare=_who_lost_their_factors,
        reasoned=True,
    ),
    ("get", "/v1/authority/login"): Exerciser(
        "authority:officer:read", "officer", _own, canary=False
    ),
    ("get", "/v1/authority/sessions"): Exerciser(
        "authority:session:list", "session", _own_sessions, items, canary=False
    ),
}
