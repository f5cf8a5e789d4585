"""How to call each route that shows records, and what must be on record once it has answered.

A route whose success schema reaches a view needs an entry here; a test fails without one.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from app.access.viewers import STAFF_ROLES, Viewer
from app.projection.plans import Plan
from app.services import access_records
from app.services.audit_log import AuditLog
from tests.support.confirmed import asked
from tests.support.consent_exercisers import CONSENT_EXERCISERS
from tests.support.contact_exercisers import CONTACT_EXERCISERS
from tests.support.document_exercisers import DOCUMENT_EXERCISERS, DOCUMENTS_ARE_NO_RECORDS
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.factor_exercisers import FACTOR_EXERCISERS, FACTORS_ARE_NO_RECORDS
from tests.support.incident_exercisers import INCIDENT_EXERCISERS
from tests.support.legal_exercisers import LEGAL_EXERCISERS
from tests.support.member_exercisers import MEMBER_EXERCISERS
from tests.support.officer_exercisers import OFFICER_EXERCISERS
from tests.support.party_exercisers import PARTY_EXERCISERS
from tests.support.people import PASSWORD
from tests.support.policy_exercisers import POLICY_EXERCISERS
from tests.support.stage import Stage

NOT_RECORDS: Mapping[Route, str] = {
    ("get", "/v1/staff/visibility"): "the matrix itself; tests/services/test_visibility.py",
    ("delete", "/v1/customer/sessions"): "nothing is shown; tests/journeys/test_sessions.py",
    ("delete", "/v1/customer/sessions/{session_id}"): "nothing is shown; the same",
    ("delete", "/v1/staff/sessions"): "nothing is shown; the same",
    ("delete", "/v1/staff/sessions/{session_id}"): "nothing is shown; the same",
    ("get", "/v1/customer/consents/{consent_event_id}/receipt"): (
        "an event and its words, as one signed text; tests/journeys/test_consent_receipts.py"
    ),
    ("get", "/v1/staff/consents/{consent_event_id}/receipt"): (
        "the same; tests/journeys/test_consents.py"
    ),
    ("put", "/v1/customer/password"): "nothing is shown; tests/journeys/test_password_change.py",
    ("put", "/v1/staff/password"): "nothing is shown; the same",
    ("delete", "/v1/customer/membership"): "nothing is shown; tests/journeys/test_members.py",
    ("delete", "/v1/customer/members/{membership_id}"): "nothing is shown; the same",
    ("delete", "/v1/customer/invitations/{invitation_id}"): (
        "nothing is shown; tests/journeys/test_invitations.py"
    ),
    ("get", "/v1/staff/incidents/{incident_id}/anpd-form"): (
        "made of the incident as the caller sees it; tests/journeys/test_incidents.py"
    ),
    ("get", "/v1/staff/analytics"): "sums; tests/journeys/test_analytics.py",
    ("post", "/v1/staff/incidents/preview"): "a number; tests/journeys/test_incidents.py",
    **dict.fromkeys(
        [(method, "/v1/staff/policies/{version}/delivery") for method in ("get", "post")],
        "numbers; tests/journeys/test_policy_delivery.py",
    ),
    ("get", "/v1/staff/policies/drafts/{draft_id}/diff"): (
        "made of the draft as the caller sees it; tests/journeys/test_policy_drafts.py"
    ),
    ("delete", "/v1/authority/sessions"): "nothing is shown; tests/journeys/test_officers.py",
    ("delete", "/v1/authority/sessions/{session_id}"): "nothing is shown; the same",
    ("put", "/v1/authority/password"): "nothing is shown; the same",
    ("delete", "/v1/authority/legal-requests/{legal_request_id}/colleagues/{officer_id}"): (
        "nothing is shown; tests/journeys/test_legal_colleagues.py"
    ),
    **dict.fromkeys(
        [
            ("get", f"/v1/{door}/legal-requests/{{legal_request_id}}/package/{part}")
            for door in ("staff", "authority")
            for part in ("content", "key")
        ],
        "encrypted files; tests/journeys/test_legal_packages.py",
    ),
    **DOCUMENTS_ARE_NO_RECORDS,
    **FACTORS_ARE_NO_RECORDS,
    ("post", "/v1/customer/email-changes"): "a word; journeys/test_own_email_changes.py",
    ("post", "/v1/customer/email-verification"): "a word; journeys/test_email_verification.py",
}
"""Routes of a door with sign-in that show no record, and where else they are held to account."""

_numbers = itertools.count(1)
_prepared: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""


class _Silent(AuditLog):
    """An audit log in which preparations leave no trace."""

    def __init__(self) -> None:
        """It has no database."""

    async def add(self, *_: Any) -> None:
        """Nothing."""


WRITTEN = ("address.complement", "attention_note")


def _registered(content: Any) -> list[Any]:
    return [content["customer"]]


def _public(_entry: Exerciser, _plan: Plan, _shown: int) -> list[Expected]:
    """What is published to everybody says nothing about anybody."""
    return []


def _written(entry: Exerciser, plan: Plan, _shown: int) -> list[Expected]:
    door = entry.permission.partition(":")[0]
    return [
        (entry.permission, frozenset([written_field(plan)]), 1),
        (f"{door}:customer:read", frozenset(plan.visible), 1),
    ]


def written_field(plan: Plan) -> str:
    """A field that the viewer may write, and whose canary can be sent back as it is."""
    return next(field for field in WRITTEN if field in plan.writable)


def written_body(stage: Stage, plan: Plan) -> dict[str, Any]:
    """A patch that changes nothing: the canary's own value of `written_field`."""
    name, _, member = written_field(plan).partition(".")
    value = stage.canaries["customers"].values[member or name]
    return {name: {member: value} if member else value}


async def _list(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/staff/customers?limit=200", headers=headers)


async def _read(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(f"/v1/staff/customers/{stage.customer_id}", headers=headers)


async def _update(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await _patch(stage, viewer, headers, f"/v1/staff/customers/{stage.customer_id}")


async def _profile(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/profile", headers=headers)


async def _update_profile(stage: Stage, viewer: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await _patch(stage, viewer, headers, "/v1/customer/profile")


async def _patch(
    stage: Stage, viewer: Viewer, headers: dict[str, str], address: str
) -> httpx.Response:
    plan = stage.platform.projection.plan(stage.actor(viewer), "customer")
    body = written_body(stage, plan) if plan.writable else {"name": "Sem Direito"}
    seen = await stage.client.get(address, headers=headers)
    tag = seen.headers.get("etag", '"none"')
    stage.tap.clear()
    return await stage.client.patch(address, json=body, headers={**headers, "If-Match": tag})


async def _audit(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    request_id = stage.canaries["audit_events"].values["request_id"]
    return await stage.client.get(
        f"/v1/staff/audit-events?request_id={request_id}", headers=headers
    )


async def _access_log(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    action = stage.canaries["audit_events"].values["action"]
    return await stage.client.get(f"/v1/customer/access-log?action={action}", headers=headers)


async def _use(stage: Stage) -> None:
    """A use of the service by the canary customer's owner."""
    actor = dataclasses.replace(
        stage.actor(Viewer.SELF), id=stage.other.login_id, address="203.0.113.77"
    )
    async with stage.platform.database.transaction() as connection:
        await access_records.note(stage.platform, connection, actor, "sign_in")


async def _access_records(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/access-records", headers=headers)


async def _login(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/login", headers=headers)


async def _history(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get(
        f"/v1/staff/customers/{stage.customer_id}/history", headers=headers
    )


async def _own_history(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/profile/history", headers=headers)


async def _own_sessions(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/sessions", headers=headers)


async def _staff_sessions(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/staff/sessions", headers=headers)


async def _policy(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/public/policies/current", headers=headers)


async def _register(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {
        "kind": "person",
        "name": "Nova Cliente",
        "email": f"nova-{next(_numbers)}@exemplo.com.br",
        "password": PASSWORD,
        "accepted_policy_version": stage.canaries["policies"].values["version"],
    }
    return await stage.client.post("/v1/public/registrations", json=body, headers=headers)


async def _ask(stage: Stage) -> None:
    """A registration that waits, put there whether or not the audit log can be written."""
    _prepared["token"] = await asked(
        dataclasses.replace(stage.platform, audit=_Silent()),
        f"espera-{next(_numbers)}@exemplo.com.br",
        accepted_policy_version=stage.canaries["policies"].values["version"],
    )


async def _confirm(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    path = "/v1/public/registrations/confirm"
    return await stage.client.post(path, json={"token": _prepared["token"]}, headers=headers)


EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", "/v1/staff/customers"): Exerciser("staff:customer:list", "customer", _list, items),
    ("get", "/v1/staff/customers/{customer_id}"): Exerciser(
        "staff:customer:read", "customer", _read
    ),
    ("patch", "/v1/staff/customers/{customer_id}"): Exerciser(
        "staff:customer:update", "customer", _update, expected=_written
    ),
    ("get", "/v1/staff/audit-events"): Exerciser(
        "staff:audit_event:list", "audit_event", _audit, items
    ),
    ("get", "/v1/customer/profile"): Exerciser("customer:customer:read", "customer", _profile),
    ("patch", "/v1/customer/profile"): Exerciser(
        "customer:customer:update", "customer", _update_profile, expected=_written
    ),
    ("get", "/v1/customer/login"): Exerciser("customer:login:read", "login", _login, canary=False),
    ("get", "/v1/customer/access-log"): Exerciser(
        "customer:audit_event:list", "audit_event", _access_log, items
    ),
    ("get", "/v1/customer/access-records"): Exerciser(
        "customer:access_record:list",
        "access_record",
        _access_records,
        items,
        canary=False,
        prepare=_use,
    ),
    ("get", "/v1/staff/customers/{customer_id}/history"): Exerciser(
        "staff:customer_change:list", "customer_change", _history, items
    ),
    ("get", "/v1/customer/profile/history"): Exerciser(
        "customer:customer_change:list", "customer_change", _own_history, items
    ),
    ("get", "/v1/customer/sessions"): Exerciser(
        "customer:session:list", "session", _own_sessions, items, canary=False
    ),
    ("get", "/v1/staff/sessions"): Exerciser(
        "staff:session:list", "session", _staff_sessions, items, canary=False
    ),
    ("get", "/v1/public/policies/current"): Exerciser(
        "public:policy:read", "policy", _policy, expected=_public
    ),
    ("post", "/v1/public/registrations"): Exerciser(
        "public:customer:register", "customer", _register, _registered, canary=False
    ),
    **CONSENT_EXERCISERS,
    **CONTACT_EXERCISERS,
    **MEMBER_EXERCISERS,
    **INCIDENT_EXERCISERS,
    **POLICY_EXERCISERS,
    **FACTOR_EXERCISERS,
    **DOCUMENT_EXERCISERS,
    **LEGAL_EXERCISERS,
    **PARTY_EXERCISERS,
    **OFFICER_EXERCISERS,
    ("post", "/v1/public/registrations/confirm"): Exerciser(
        "public:customer:confirm",
        "customer",
        _confirm,
        _registered,
        canary=False,
        prepare=_ask,
    ),
}


ANSWERED_AS_CUSTOMERS = frozenset(
    {"public:customer:register", "public:customer:confirm", "public:invitation:accept"}
)


INSIDERS: Mapping[str, tuple[Viewer, ...]] = {
    "staff": STAFF_ROLES,
    "customer": (Viewer.SELF,),
    "authority": (Viewer.AUTHORITY,),
}
"""Who comes in at each door with sign-in."""


def door_of(route: Route) -> str:
    """The first part of the path after the version."""
    return route[1].split("/")[2]


def shown_to(route: Route, viewer: Viewer) -> Viewer:
    """In which capacity the route shows its record: who registers is answered as a customer."""
    if EXERCISERS[route].permission in ANSWERED_AS_CUSTOMERS:
        return Viewer.SELF
    return Viewer.PUBLIC if door_of(route) == "public" else viewer


def revealing_routes(document: Mapping[str, Any]) -> Iterator[Route]:
    """Each operation whose success schema reaches a property with ``x-visible-to``."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = [
                answer for status, answer in operation["responses"].items() if status[0] == "2"
            ]
            if _reveals(document, answers, set()):
                yield method, path


def _reveals(document: Mapping[str, Any], node: Any, seen: set[str]) -> bool:
    if isinstance(node, list):
        return any(_reveals(document, inner, seen) for inner in node)
    if not isinstance(node, dict):
        return False
    if "x-visible-to" in node:
        return True
    reference = node.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        if _reveals(document, target, seen):
            return True
    return any(_reveals(document, inner, seen) for inner in node.values())
