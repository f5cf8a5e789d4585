"""The history of customers' records: written with each change, read as far as the viewer's sight.

What a viewer is shown masked or not at all of a customer, they are not shown the past of either:
the row scope says so in SQL (`Scope.CHANGES_IN_SIGHT`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.ids import new_id
from app.models import CustomerChange, Login, table_of
from app.projection.projection import Page
from app.services import records
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE = "customer_change"
Differences = Mapping[str, tuple[Any, Any]]
"""By dotted field of the matrix: the value before, and the one after."""

_NOTE = insert(table_of(CustomerChange))


async def list_page(
    platform: Platform,
    actor: Actor,
    customer_id: UUID,
    parameters: Sequence[tuple[str, str]],
) -> Page:
    """A page of one customer's history, newest first; on record before it is returned.

    Raises `Refusal` without permission or grounds, or for a name the caller may not use, and
    `Failure`: ``not_found`` for a customer outside the caller's rows, else as `find_page` does.
    """
    action = f"{'customer' if actor.kind == 'login' else 'staff'}:customer_change:list"
    await records.require_in_rows(platform, actor, action, "customer", customer_id)
    page, deed = await find_page(
        platform, actor, action, RESOURCE, parameters, fixed=(("customer_id", customer_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=customer_id))
    return page


async def note(
    platform: Platform,
    connection: AsyncConnection,
    author: Actor,
    customer_id: UUID,
    differences: Differences,
) -> None:
    """Write down what has changed, and by whom, in the transaction that changes it.

    Fields whose value is the same as before are passed over. A login stands there with the name
    that it has today; staff by their role.
    """
    changed = {field: pair for field, pair in differences.items() if pair[0] != pair[1]}
    if not changed:
        return
    name = None
    if author.kind == "login":
        known = select(Login.name).where(Login.id == author.id)
        name = (await connection.execute(known)).scalar_one_or_none()
    by = {
        "customer_id": customer_id,
        "at": platform.clock(),
        "actor_kind": author.kind,
        "actor_id": author.id,
        "actor_name": name,
        "role": None if author.kind == "system" else author.viewer.value,
        "session_id": author.session_id,
        "request_id": author.request_id,
    }
    rows = [
        {"id": new_id(), "field": field, "old_value": old, "new_value": new, **by}
        for field, (old, new) in sorted(changed.items())
    ]
    await connection.execute(_NOTE, rows)
