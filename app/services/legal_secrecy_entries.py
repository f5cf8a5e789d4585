"""The chain of a request's orders of secrecy: its first entry, its last, and what a next one does
to the secrecy that stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.ids import new_id
from app.models import LegalSecrecyOrder
from app.services.legal_clocks import secrecy_end

SOONER: Final = frozenset({"shortened", "lifted"})
"""Changes after which somebody may be told sooner than before."""


def change_of(request: Mapping[str, Any], until: datetime | None) -> str | None:
    """What an order until then (None: no more) is to the request; None: there is nothing to lift.

    What ended already can be ordered anew, like what never stood.
    """
    came = request["submitted_at"] or request["created_at"]
    end = secrecy_end(request["secrecy_basis"], request["secrecy_until"], came)
    if until is None:
        return None if end is None else "lifted"
    if end is None:
        return "set"
    return "shortened" if until < end else "extended"


async def begin(
    connection: AsyncConnection, request: Mapping[str, Any], actor: Actor, now: datetime
) -> tuple[UUID, ...]:
    """Write down the secrecy that a request came with, if any, as the chain's first entry; its id,
    for the record."""
    if request.get("secrecy_basis") is None:
        return ()
    order_id = new_id()
    first = {
        "id": order_id,
        "request_id": request["id"],
        "number": 1,
        "at": now,
        "entry": "ordered",
        "change": "set",
        "secrecy_basis": request["secrecy_basis"],
        "secrecy_until": request.get("secrecy_until"),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
    }
    await connection.execute(insert(LegalSecrecyOrder).values(**first))
    return (order_id,)


async def last_number(connection: AsyncConnection, request_id: UUID) -> int:
    """Of the chain's last entry; 0 where there is none. The caller holds the request locked."""
    chosen = (
        select(LegalSecrecyOrder.number)
        .where(LegalSecrecyOrder.request_id == request_id)
        .order_by(LegalSecrecyOrder.number.desc())
        .limit(1)
    )
    return (await connection.execute(chosen)).scalar() or 0
