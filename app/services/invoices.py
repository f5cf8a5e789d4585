"""What customers owe: billing issues invoices and says what became of them, customers read them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.errors import Refusal
from app.core.ids import new_id
from app.models import Customer, Invoice
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown, to_json
from app.schemas.invoices import NewInvoice
from app.services import idempotency, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask_in
from app.services.platform import Platform

RESOURCE = "invoice"
CURRENCY = "BRL"
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded body to the values to store."""
CREATE = "staff:invoice:create"
UPDATE = "staff:invoice:update"
STAFF_LIST = "staff:invoice:list"


async def issue(
    platform: Platform,
    actor: Actor,
    customer_id: UUID,
    form: NewInvoice,
    claim: idempotency.Claim | None,
) -> bytes:
    """A new open invoice for a customer; the invoice as JSON.

    Raises `Refusal` with ``not_found`` for a customer out of the caller's rows, ``account_closed``
    for one that was erased, ``invoice_number_taken``; `Failure` with ``validation_failed`` for a
    text that asks for a secret, or as `idempotency` does.
    """
    await records.require_in_rows(platform, actor, CREATE, "customer", customer_id)
    require_no_ask_in(form.model_dump())
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                deed = _deed(platform, actor, CREATE, shown, customer_id)
                await platform.audit.add(connection, actor, deed)
                return before
        await _demand_kept(connection, customer_id)
        row = {
            "id": new_id(),
            "customer_id": customer_id,
            "currency": CURRENCY,
            "status": "open",
            "issued_at": platform.clock(),
            **form.model_dump(),
        }
        if not await insert_unless_there(connection, Invoice, row):
            raise _refused("invoice_number_taken", CREATE, None)
        plan = platform.projection.plan(actor, RESOURCE)
        answer = to_json(await _find(platform, connection, actor, plan, row["id"], CREATE))
        deed = _deed(platform, actor, CREATE, row["id"], customer_id)
        await platform.audit.add(connection, actor, deed)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def settle(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    invoice_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Say that an open invoice was paid or cancelled; the invoice as the caller sees it.

    Raises `Refusal` for a field that the caller may not write, and with ``not_found``,
    ``precondition_failed``, or ``conflict`` for one that is open no more.
    """
    require_grounds(actor, UPDATE)
    plan = platform.projection.plan(actor, RESOURCE)
    read_changes(plan, body, UPDATE)
    status = validate(body)["status"]
    before = await _find(platform, connection, actor, plan, invoice_id, UPDATE)
    if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
        raise _refused("precondition_failed", UPDATE, invoice_id)
    if before["status"] != "open":
        raise _refused("conflict", UPDATE, invoice_id)
    paid_at = platform.clock() if status == "paid" else None
    await connection.execute(
        update(Invoice).where(Invoice.id == invoice_id).values(status=status, paid_at=paid_at)
    )
    after = await _find(platform, connection, actor, plan, invoice_id, UPDATE)
    await platform.audit.add(
        connection,
        actor,
        replace(
            _deed(platform, actor, UPDATE, invoice_id, before["customer_id"]),
            fields=("status",),
        ),
        _deed(platform, actor, "staff:invoice:read", invoice_id, before["customer_id"]),
    )
    return platform.projection.show(plan, after)


async def read(platform: Platform, actor: Actor, invoice_id: UUID) -> Shown:
    """One invoice of the caller's account; on record first. Raises `Failure("not_found")`."""
    return await records.read(platform, actor, "customer:invoice:read", RESOURCE, invoice_id)


async def read_of_customer(platform: Platform, actor: Actor, invoice_id: UUID) -> Shown:
    """One invoice of anybody's, for staff; on record, with the customer, before it is returned.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`.
    """
    return await records.read(platform, actor, STAFF_LIST, RESOURCE, invoice_id, of="customer_id")


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the invoices of the caller's account, newest first; on record, each of them."""
    action = "customer:invoice:list"
    page, deed = await find_page(platform, actor, action, RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    return page


async def list_of_customer(
    platform: Platform, actor: Actor, customer_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of one customer's invoices, for staff; on record, with the customer, each of them.

    Raises `Refusal` without permission or grounds, `Failure("not_found")` for a customer out of
    the caller's rows.
    """
    await records.require_in_rows(platform, actor, STAFF_LIST, "customer", customer_id)
    page, deed = await find_page(
        platform, actor, STAFF_LIST, RESOURCE, parameters, fixed=(("customer_id", customer_id),)
    )
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=[customer_id, *shown]))
    return page


async def _find(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    invoice_id: UUID,
    action: str,
) -> View:
    """The invoice as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": invoice_id}
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, values)).first()
    if row is None:
        raise _refused("not_found", action, invoice_id)
    return platform.projection.view(plan, row)


async def _demand_kept(connection: AsyncConnection, customer_id: UUID) -> None:
    """Of an erased customer nothing is left to send an invoice to."""
    statement = select(Customer.status).where(Customer.id == customer_id)
    if (await connection.execute(statement)).scalar_one() == "erased":
        raise Refusal(
            "account_closed", action=CREATE, subject_type="customer", subject_id=customer_id
        )


def _deed(
    platform: Platform, actor: Actor, action: str, invoice_id: UUID, customer_id: UUID
) -> Deed:
    """With the customer among its subjects: their owners see it in their log."""
    return Deed(
        action,
        subject_type=RESOURCE,
        subject_id=invoice_id,
        fields=platform.projection.plan(actor, RESOURCE).visible,
        rows=1,
        subjects=[customer_id],
    )


def _refused(code: str, action: str, invoice_id: UUID | None) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=invoice_id)
