"""How to call the routes of trusted people and of invoices."""

import itertools
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
from sqlalchemy import insert, update

from app.access.viewers import Viewer
from app.core.emails import email_key
from app.core.ids import new_id
from app.models import Invitation, Invoice, Session
from app.projection.plans import Plan
from app.services import accounts, one_time_tokens
from tests.support.exercising import Exerciser, Expected, Route, items
from tests.support.people import PASSWORD, add_customer
from tests.support.stage import Stage

_numbers = itertools.count(1)
_prepared: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""


async def _prove_presence(stage: Stage) -> None:
    """The stage may stand for longer than a proof of presence is good."""
    async with stage.platform.database.transaction() as connection:
        await connection.execute(
            update(Session)
            .where(Session.login_id == stage.other.login_id)
            .values(proved_at=stage.platform.clock())
        )


async def _invite(stage: Stage, email: str) -> None:
    """An open invitation into the account of somebody else again."""
    platform, now = stage.platform, stage.platform.clock()
    host = await add_customer(platform)
    invitation_id = new_id()
    async with platform.database.transaction() as connection:
        await connection.execute(
            insert(Invitation).values(
                id=invitation_id,
                customer_id=host.id,
                email=email,
                email_key=email_key(email),
                permissions=("invoices",),
                invited_by=host.login_id,
                created_at=now,
                expires_at=now + timedelta(days=7),
            )
        )
        _prepared["token"] = await one_time_tokens.issue(
            platform, connection, "invitation", lifetime=timedelta(7), subject_id=invitation_id
        )


async def _invite_a_stranger(stage: Stage) -> None:
    await _invite(stage, f"convidada-{next(_numbers)}@exemplo.com.br")


async def _invite_the_caller(stage: Stage) -> None:
    await _invite(stage, stage.other.email)


async def _issue(stage: Stage) -> None:
    invoice_id = _prepared["invoice"] = new_id()
    async with stage.platform.database.transaction() as connection:
        await connection.execute(
            insert(Invoice).values(
                id=invoice_id,
                customer_id=stage.other.id,
                number=f"a-pagar-{next(_numbers)}",
                description="Hospedagem",
                amount_cents=14990,
                currency="BRL",
                due_on=date(2026, 12, 10),
                status="open",
                issued_at=stage.platform.clock(),
            )
        )


async def _accounts(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/accounts", headers=headers)


async def _membership(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/membership", headers=headers)


async def _members(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/members", headers=headers)


async def _member(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = stage.address("/v1/customer/members/{membership_id}")
    return await stage.client.get(address, headers=headers)


async def _members_of(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = stage.address("/v1/staff/customers/{customer_id}/members")
    return await stage.client.get(address, headers=headers)


async def _resume(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.patch(
        stage.address("/v1/customer/members/{membership_id}"),
        json={"suspended": False},
        headers={**headers, "If-Match": "*"},
    )


async def _invitations(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/invitations", headers=headers)


async def _ask_in(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {"email": f"chamada-{next(_numbers)}@exemplo.com.br", "set": "financeiro"}
    return await stage.client.post("/v1/customer/invitations", json=body, headers=headers)


async def _accept(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.post(
        "/v1/customer/invitations/accept", json={"token": _prepared["token"]}, headers=headers
    )


async def _accept_as_new(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {
        "token": _prepared["token"],
        "name": "Convidada Nova",
        "password": PASSWORD,
        "accepted_policy_version": stage.canaries["policies"].values["version"],
    }
    return await stage.client.post("/v1/public/invitations/accept", json=body, headers=headers)


async def _invoices(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.get("/v1/customer/invoices", headers=headers)


async def _invoice(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = stage.address("/v1/customer/invoices/{invoice_id}")
    return await stage.client.get(address, headers=headers)


async def _invoice_of(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = stage.address("/v1/staff/invoices/{invoice_id}")
    return await stage.client.get(address, headers=headers)


async def _invoices_of(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = stage.address("/v1/staff/customers/{customer_id}/invoices")
    return await stage.client.get(address, headers=headers)


async def _issue_one(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    body = {
        "number": f"emitida-{next(_numbers)}",
        "description": "Hospedagem, dezembro de 2026",
        "amount_cents": 14990,
        "due_on": "2026-12-10",
    }
    address = f"/v1/staff/customers/{stage.other.id}/invoices"
    return await stage.client.post(address, json=body, headers=headers)


async def _settle(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    return await stage.client.patch(
        f"/v1/staff/invoices/{_prepared['invoice']}",
        json={"status": "paid"},
        headers={**headers, "If-Match": "*"},
    )


def _change_and_echo(field: str) -> Any:
    """The deed with the field that it changed, and the echo of the whole record."""

    def expected(entry: Exerciser, plan: Plan, _: int) -> list[Expected]:
        read = f"{entry.permission.rpartition(':')[0]}:read"
        return [
            (entry.permission, frozenset([field]), 1),
            (read, frozenset(plan.visible), 1),
        ]

    return expected


_ACCOUNT: Mapping[str, Any] = {"part": accounts.FIELDS, "beside": ("permissions",)}

MEMBER_EXERCISERS: Mapping[Route, Exerciser] = {
    ("get", "/v1/customer/accounts"): Exerciser(
        "customer:account:list", "customer", _accounts, items, **_ACCOUNT
    ),
    ("get", "/v1/customer/membership"): Exerciser(
        "customer:membership:read", "membership", _membership, canary=False
    ),
    ("get", "/v1/customer/members"): Exerciser(
        "customer:membership:list", "membership", _members, items
    ),
    ("get", "/v1/customer/members/{membership_id}"): Exerciser(
        "customer:membership:list", "membership", _member
    ),
    ("patch", "/v1/customer/members/{membership_id}"): Exerciser(
        "customer:membership:update",
        "membership",
        _resume,
        expected=_change_and_echo("suspended_at"),
        prepare=_prove_presence,
    ),
    ("get", "/v1/staff/customers/{customer_id}/members"): Exerciser(
        "staff:membership:list", "membership", _members_of, items
    ),
    ("get", "/v1/customer/invitations"): Exerciser(
        "customer:invitation:list", "invitation", _invitations, items
    ),
    ("post", "/v1/customer/invitations"): Exerciser(
        "customer:invitation:create",
        "invitation",
        _ask_in,
        canary=False,
        prepare=_prove_presence,
    ),
    ("post", "/v1/customer/invitations/accept"): Exerciser(
        "customer:invitation:accept",
        "customer",
        _accept,
        canary=False,
        prepare=_invite_the_caller,
        **_ACCOUNT,
    ),
    ("post", "/v1/public/invitations/accept"): Exerciser(
        "public:invitation:accept",
        "customer",
        _accept_as_new,
        canary=False,
        prepare=_invite_a_stranger,
        **_ACCOUNT,
    ),
    ("get", "/v1/customer/invoices"): Exerciser(
        "customer:invoice:list", "invoice", _invoices, items
    ),
    ("get", "/v1/customer/invoices/{invoice_id}"): Exerciser(
        "customer:invoice:read", "invoice", _invoice
    ),
    ("get", "/v1/staff/customers/{customer_id}/invoices"): Exerciser(
        "staff:invoice:list", "invoice", _invoices_of, items
    ),
    ("get", "/v1/staff/invoices/{invoice_id}"): Exerciser(
        "staff:invoice:list", "invoice", _invoice_of
    ),
    ("post", "/v1/staff/customers/{customer_id}/invoices"): Exerciser(
        "staff:invoice:create", "invoice", _issue_one, canary=False
    ),
    ("patch", "/v1/staff/invoices/{invoice_id}"): Exerciser(
        "staff:invoice:update",
        "invoice",
        _settle,
        expected=_change_and_echo("status"),
        canary=False,
        prepare=_issue,
    ),
}
