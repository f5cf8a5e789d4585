"""Which customers a request names: each by two identifiers at least, all pointing to one.

Nothing of it reaches the sender before a director released it: whoever is unknown, or matches in
part, gets the answer of those who are known. They are looked up when the desk begins with a
request, out of its sender's sight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.ids import new_id
from app.models import Customer, LegalTarget
from app.projection.keys import name_key
from app.projection.projection import Page
from app.services import records
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE: Final = "legal_target"
LIST: Final = "staff:legal_target:list"
NEEDED: Final = 2
"""Identifiers that must point to the same customer."""
MOST_SHARED: Final = 200
"""Customers who may share an identifier, such as a switchboard's telephone, and be looked at."""


async def match(
    connection: AsyncConnection, request_id: UUID, targets: list[Mapping[str, Any]], now: datetime
) -> None:
    """Look up each person, and keep what was found; what was kept before is replaced."""
    await connection.execute(delete(LegalTarget).where(LegalTarget.request_id == request_id))
    rows = []
    for position, target in enumerate(targets):
        customer_id, matched_by = await _find(connection, target)
        rows.append(
            {
                "id": new_id(),
                "request_id": request_id,
                "position": position,
                "customer_id": customer_id,
                "matched_by": matched_by,
                "matched_at": now,
            }
        )
    if rows:
        await connection.execute(insert(LegalTarget), rows)


async def list_page(
    platform: Platform, actor: Actor, request_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the persons of a request with who they are, the last first; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`.
    """
    await records.require_in_rows(platform, actor, LIST, "legal_request", request_id)
    page, deed = await find_page(
        platform, actor, LIST, RESOURCE, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=request_id))
    return page


async def _find(
    connection: AsyncConnection, target: Mapping[str, Any]
) -> tuple[UUID | None, tuple[str, ...]]:
    """The one customer to whom two identifiers point, none of the others pointing elsewhere.

    The strong identifiers are looked up; a name alone never finds anybody, it confirms. What too
    many share, or leads to two people, names nobody.
    """
    conditions = _conditions(target)
    strong = [name for name in conditions if name != "name"]
    if not strong:
        return None, ()
    held = [case((condition, 1), else_=0).label(name) for name, condition in conditions.items()]
    chosen = (
        select(Customer.id, *held)
        .where(or_(*(conditions[name] for name in strong)))
        .limit(MOST_SHARED + 1)
    )
    found = (await connection.execute(chosen)).mappings().all()
    matches = [row for row in found if sum(row[name] for name in conditions) >= NEEDED]
    if len(found) > MOST_SHARED or len(matches) != 1:
        return None, ()
    (match,) = matches
    for name in strong:
        if not match[name] and any(row[name] for row in found):
            return None, ()
    return match["id"], tuple(name for name in conditions if match[name])


def _conditions(target: Mapping[str, Any]) -> dict[str, ColumnElement[bool]]:
    conditions: dict[str, ColumnElement[bool]] = {}
    if "tax_id" in target:
        conditions["tax_id"] = Customer.tax_id == target["tax_id"]
    if "email" in target:
        conditions["email"] = Customer.email_key == email_key(target["email"])
    if "phone" in target:
        conditions["phone"] = Customer.phone == target["phone"]
    if "name" in target:
        conditions["name"] = Customer.name_key == name_key(target["name"])
    return conditions
