"""The sealed copies that a hold is made of: taken whole when it is placed, gone when it is over.

They are taken in the approval's own transaction, so that nothing can change or go between the
director's word and the copy. From then on the customer's data live on as anybody's do: edits are
made, consents withdrawn, what is to be erased is erased, and nobody can tell from any of it that
there is a hold. What must be kept is kept here, under the service's key, and nowhere else. An
erasure is thus carried out at once where the data are used, and here once the hold is over; whoever
asks for one is told the truth that holds of everybody: what the law has the service keep, it keeps
sealed until the law lets it go (LGPD, art. 16, I).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.core.ids import new_id
from app.models import HeldCopy, LegalHold
from app.projection.projection import to_json
from app.services.held_tables import COPIED, WITHHELD
from app.services.platform import Platform

AT_ONCE: Final = 500


async def take(
    platform: Platform, connection: AsyncConnection, hold_id: UUID, customer_id: UUID, now: datetime
) -> None:
    """Copy all that can change or go of the customer's, page by page, in the transaction."""
    for table, condition in COPIED:
        columns = [each for each in table.c if (table.name, each.name) not in WITHHELD]
        page = select(*columns).where(condition(customer_id)).order_by(table.c.id).limit(AT_ONCE)
        rows = (await connection.execute(page)).mappings().all()
        while rows:
            copies = [_copy(platform, hold_id, table.name, dict(row), now) for row in rows]
            await connection.execute(insert(HeldCopy), copies)
            following = page.where(table.c.id > rows[-1]["id"])
            rows = (await connection.execute(following)).mappings().all()


async def opened(
    platform: Platform, connection: AsyncConnection, hold_id: UUID, resource: str
) -> list[dict[str, Any]]:
    """The kept rows of one table, as they were, for what a court orders of a held customer.

    Raises `SealBroken` for a copy that was altered or moved.
    """
    chosen = (
        select(HeldCopy.id, HeldCopy.content)
        .where(HeldCopy.hold_id == hold_id, HeldCopy.resource == resource)
        .order_by(HeldCopy.id)
    )
    return [
        orjson.loads(platform.hold_sealer.open(row.content, _place(row.id)))
        for row in await connection.execute(chosen)
    ]


async def purge(platform: Platform) -> None:
    """Delete the copies of ended holds, in bounded transactions.

    Not while another hold is on the same customer: what was kept for the first exists for it too.
    """
    other = aliased(LegalHold)
    living = exists().where(other.customer_id == LegalHold.customer_id, other.ended_at.is_(None))
    over = (
        select(HeldCopy.id)
        .join(LegalHold, LegalHold.id == HeldCopy.hold_id)
        .where(LegalHold.ended_at.is_not(None), ~living)
        .limit(AT_ONCE)
    )
    statement = delete(HeldCopy).where(HeldCopy.id.in_(over)).returning(HeldCopy.id)
    gone = AT_ONCE
    while gone == AT_ONCE:
        async with platform.database.transaction() as connection:
            gone = len((await connection.execute(statement)).all())


def _copy(
    platform: Platform, hold_id: UUID, resource: str, row: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    copy_id = new_id()
    return {
        "id": copy_id,
        "hold_id": hold_id,
        "resource": resource,
        "record_id": row["id"],
        "taken_at": now,
        "content": platform.hold_sealer.seal(to_json(dict(row)), _place(copy_id)),
    }


def _place(copy_id: UUID) -> bytes:
    return b"held_copies.content:" + copy_id.bytes
