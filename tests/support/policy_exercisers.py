"""How to call the routes of the policy: its versions, drafts and acceptances."""

import itertools
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import delete, func, select, update

from app.access.viewers import Viewer
from app.models import Base, Policy, PolicyAcceptance, Session
from app.projection.plans import Plan
from app.services import policies, policy_acceptances, policy_drafts, policy_notices
from tests.support.canaries import plant
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.stage import Stage

PUBLIC = "/v1/public/policies"
DRAFTS = "/v1/staff/policies/drafts"
ACCEPTANCES = "/v1/customer/policy-acceptances"

_prepared: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""
_numbers = itertools.count(1)


def _public(_entry: Exerciser, _plan: Plan, _shown: int) -> list[Expected]:
    """What is published to everybody says nothing about anybody."""
    return []


def _decided(*fields: str) -> Callable[[Exerciser, Plan, int], list[Expected]]:
    """A deed that touches some fields, and the draft that is shown after it."""
    return lambda entry, plan, shown: [
        (entry.permission, frozenset(fields), 1),
        (policy_drafts.READ, frozenset(plan.visible), shown),
    ]


def _withdrawn(entry: Exerciser, _plan: Plan, _shown: int) -> list[Expected]:
    return [(entry.permission, frozenset(["withdrawn_at"]), 1)]


async def _list(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{PUBLIC}?limit=200", headers=headers)


async def _read(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    version = stage.canaries["policies"].values["version"]
    return await stage.client.get(f"{PUBLIC}/{version}", headers=headers)


async def _accept(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"version": _prepared["version"]}
    return await stage.client.post(ACCEPTANCES, json=body, headers=headers)


async def _an_acceptance(stage: Stage) -> None:
    """Of the first version: that of the canary holds a copy of the canary's hash."""
    login_id, now = stage.other.login_id, stage.platform.clock()
    canary = stage.canaries["policies"].values["version"]
    async with stage.platform.database.transaction() as connection:
        theirs = delete(PolicyAcceptance).where(PolicyAcceptance.version == canary)
        await connection.execute(theirs.where(PolicyAcceptance.login_id == login_id))
        chosen = select(Policy.version, Policy.hash).where(Policy.version == policies.FIRST)
        first = policies.Version(*(await connection.execute(chosen)).one())
        await policy_acceptances.record(connection, login_id, first, at=now, network=None)


async def _accepted(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(ACCEPTANCES, headers=headers)


async def _list_drafts(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"{DRAFTS}?limit=200", headers=headers)


async def _read_draft(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    draft = stage.canaries["policy_drafts"].values["id"]
    return await stage.client.get(f"{DRAFTS}/{draft}", headers=headers)


async def _create(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    texts = dict.fromkeys(("text", "text_en", "summary", "summary_en"), "Um ensaio.")
    body = {**texts, "requires_acceptance": False}
    return await stage.client.post(DRAFTS, json=body, headers=headers)


async def _update(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    canary = stage.canaries["policy_drafts"].values
    return await stage.client.patch(
        f"{DRAFTS}/{canary['id']}",
        json={"summary": canary["summary"]},
        headers={**headers, "If-Match": "*"},
    )


def _post(
    verb: str, **body: Any
) -> Callable[[Stage, Viewer, dict[str, str]], Coroutine[Any, Any, httpx.Response]]:
    async def send(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
        draft = f"{DRAFTS}/{_prepared['draft']}"
        seen = await stage.client.get(draft, headers=headers)
        tag = seen.headers.get("etag", '"none"')
        stage.tap.clear()
        return await stage.client.post(
            f"{draft}/{verb}", json=body or None, headers={**headers, "If-Match": tag}
        )

    return send


async def _publish(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    """For a moment to come: the canary stays the version in force."""
    moment = (stage.platform.clock() + timedelta(days=1)).isoformat()
    return await _post("publish", published_at=moment)(stage, viewer, headers)


async def _withdraw(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"/v1/staff/policies/{_prepared['version']}/withdraw"
    return await stage.client.post(address, headers=headers)


async def _list_deliveries(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"/v1/staff/policies/{_prepared['version']}/deliveries"
    return await stage.client.get(address, headers=headers)


async def _a_mail(stage: Stage) -> None:
    """One about a version that is no canary: its number stands in the batch's name."""
    await _a_version_to_come(stage)
    batch = policy_notices.batch_of(_prepared["version"])
    await _plant(stage, "outbox_messages", batch=batch)


def _a_draft(**fixed: Any) -> Callable[[Stage], Coroutine[Any, Any, None]]:
    """A draft by nobody on the stage, who all have just proved to be there."""

    async def prepare(stage: Stage) -> None:
        await _prove_presence(stage)
        planted = await _plant(stage, "policy_drafts", **fixed)
        _prepared["draft"] = planted["id"]

    return prepare


async def _an_approved_draft(stage: Stage) -> None:
    """And no other version that is to come."""
    now = stage.platform.clock()
    to_come = (Policy.published_at > now, Policy.withdrawn_at.is_(None))
    async with stage.platform.database.transaction() as connection:
        await connection.execute(update(Policy).where(*to_come).values(withdrawn_at=now))
    await _a_draft(status="approved")(stage)


async def _a_version_to_come(stage: Stage) -> None:
    """Newer than the canary, which stays in force: it can be accepted, and withdrawn."""
    await _prove_presence(stage)
    async with stage.platform.database.transaction() as connection:
        newest = (await connection.execute(select(func.max(Policy.version)))).scalar_one()
    moment = stage.platform.clock() + timedelta(days=next(_numbers))
    _prepared["version"] = newest + 1
    await _plant(stage, "policies", version=newest + 1, published_at=moment)


async def _prove_presence(stage: Stage) -> None:
    """The stage outlives a proof of presence."""
    sessions = [person.session_id for person in stage.staff.values()]
    async with stage.platform.database.transaction() as connection:
        proof = update(Session).where(Session.id.in_(sessions))
        await connection.execute(proof.values(proved_at=stage.platform.clock()))


async def _plant(stage: Stage, table: str, **fixed: Any) -> Mapping[str, Any]:
    async with stage.platform.database.transaction() as connection:
        planted = await plant(connection, Base.metadata.tables[table], stage.canaries, **fixed)
    return planted.values


POLICY_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", PUBLIC): Exerciser(
        "public:policy:list", "policy", _list, items, _public, part=policies.LISTED
    ),
    ("get", f"{PUBLIC}/{{version}}"): Exerciser(
        "public:policy:read", "policy", _read, expected=_public
    ),
    ("post", ACCEPTANCES): Exerciser(
        "customer:policy_acceptance:create",
        "policy_acceptance",
        _accept,
        canary=False,
        prepare=_a_version_to_come,
    ),
    ("get", ACCEPTANCES): Exerciser(
        "customer:policy_acceptance:list",
        "policy_acceptance",
        _accepted,
        items,
        canary=False,
        prepare=_an_acceptance,
    ),
    ("get", DRAFTS): Exerciser(
        "staff:policy_draft:list", "policy_draft", _list_drafts, items, part=policy_drafts.LISTED
    ),
    ("post", DRAFTS): Exerciser(
        "staff:policy_draft:create",
        "policy_draft",
        _create,
        expected=_decided(*policy_drafts.CONTENT),
        canary=False,
    ),
    ("get", f"{DRAFTS}/{{draft_id}}"): Exerciser(policy_drafts.READ, "policy_draft", _read_draft),
    ("patch", f"{DRAFTS}/{{draft_id}}"): Exerciser(
        "staff:policy_draft:update",
        "policy_draft",
        _update,
        expected=_decided("summary"),
        canary=False,
    ),
    ("post", f"{DRAFTS}/{{draft_id}}/submit"): Exerciser(
        "staff:policy_draft:submit",
        "policy_draft",
        _post("submit"),
        expected=_decided("status"),
        canary=False,
        prepare=_a_draft(),
    ),
    ("post", f"{DRAFTS}/{{draft_id}}/review"): Exerciser(
        "staff:policy_draft:review",
        "policy_draft",
        _post("review", decision="approve"),
        expected=_decided("status"),
        canary=False,
        prepare=_a_draft(status="submitted"),
    ),
    ("post", f"{DRAFTS}/{{draft_id}}/publish"): Exerciser(
        "staff:policy_draft:publish",
        "policy_draft",
        _publish,
        expected=_decided("status"),
        canary=False,
        prepare=_an_approved_draft,
        followed=policy_notices.CREATE,
    ),
    ("post", f"{DRAFTS}/{{draft_id}}/discard"): Exerciser(
        "staff:policy_draft:discard",
        "policy_draft",
        _post("discard"),
        expected=_decided("status"),
        canary=False,
        prepare=_a_draft(),
    ),
    ("get", "/v1/staff/policies/{version}/deliveries"): Exerciser(
        "staff:outbox_message:list",
        "outbox_message",
        _list_deliveries,
        items,
        canary=False,
        prepare=_a_mail,
    ),
    ("post", "/v1/staff/policies/{version}/withdraw"): Exerciser(
        "staff:policy:withdraw",
        "policy",
        _withdraw,
        expected=_withdrawn,
        canary=False,
        prepare=_a_version_to_come,
    ),
}
