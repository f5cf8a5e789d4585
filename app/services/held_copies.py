"""The sealed copies that a hold is made of: taken whole when it is placed, gone when it is over.

They are taken in the approval's own transaction, so that nothing can change or go between the
director's word and the copy. From then on the customer's data live on as anybody's do: edits are
made, consents withdrawn, what is to be erased is erased, and nobody can tell from any of it that
there is a hold. What must be kept is kept here, under the service's key, and nowhere else. An
erasure is thus carried out at once where the data are used, and here once the hold is over; whoever
asks for one is told the truth that holds of everybody: what the law has the service keep, it keeps
sealed until the law lets it go (LGPD, art. 16, I).

They are read for an order that reaches the hold (`legal_reach.py`), through the very plan that the
rows of today are (`collectors`). A hold that ends passes them on to another of the same matter, for
which what was kept for the first exists too; to nobody else's, which they would tell of the first.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    Dialect,
    Integer,
    String,
    Tuple,
    Uuid,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.statements import Prepared, bound, prepare
from app.core.transactions import Transaction, run
from app.models import HeldCopy, LegalHold, table_of
from app.projection.projection import to_json
from app.services.audit_log import Deed
from app.services.held_tables import COPIED, WITHHELD
from app.services.platform import Platform
from app.services.system import operator

PURGE: Final = "system:legal_hold:purge"
AT_ONCE: Final = 500
_FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy, opened: the row by its columns, as JSON told them when it was taken."""

    record_id: UUID
    taken_at: datetime
    row: Mapping[str, Any]


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


async def read(
    platform: Platform,
    holds: Sequence[UUID],
    table: str,
    size: int = AT_ONCE,
    within: Transaction | None = None,
) -> AsyncGenerator[list[Kept], None]:
    """What these holds keep of one table, some at a time: by record, the oldest copy first.

    `within` a transaction, else each page by a lone read. Raises `SealBroken` for a copy that was
    altered or moved, `Failure("database_unavailable")`.
    """
    if not holds:
        return
    statement = _page(platform.database.dialect, len(holds))
    values: dict[str, Any] = {f"hold_{place}": hold for place, hold in enumerate(holds)}
    values |= {"table": table, "record": _FIRST, "after": _FIRST, "limit": size}
    while True:
        if within is None:
            rows = await platform.database.fetch(statement, values)
        else:
            rows = await run(within, statement, values)
        if rows:
            yield [_opened(platform, row) for row in rows]
        if len(rows) < size:
            return
        values["after"], values["record"] = rows[-1][0], rows[-1][1]


async def pass_on(connection: AsyncConnection, hold_id: UUID, heir: UUID) -> int:
    """Have another hold keep what one that ends did; how many copies that are.

    A seal does not depend on whose it is.
    """
    theirs = HeldCopy.hold_id == hold_id
    copies = (await connection.execute(select(func.count()).where(theirs))).scalar_one()
    await connection.execute(update(HeldCopy).where(theirs).values(hold_id=heir))
    return copies


async def purge(platform: Platform) -> None:
    """Delete the copies of ended holds, in bounded transactions; each is on record by its hold."""
    with_copies = exists().where(HeldCopy.hold_id == LegalHold.id)
    over = select(LegalHold.id).where(LegalHold.ended_at.is_not(None), with_copies)
    async with platform.database.snapshot() as connection:
        ended = (await connection.execute(over)).scalars().all()
    for hold_id in ended:
        some = select(HeldCopy.id).where(HeldCopy.hold_id == hold_id).limit(AT_ONCE)
        statement = delete(HeldCopy).where(HeldCopy.id.in_(some)).returning(HeldCopy.id)
        gone = AT_ONCE
        while gone == AT_ONCE:
            async with platform.database.transaction() as connection:
                gone = len((await connection.execute(statement)).all())
                if gone:
                    deed = Deed(PURGE, subject_type="legal_hold", subject_id=hold_id, rows=gone)
                    await platform.audit.add(connection, operator(), deed)


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


def _opened(platform: Platform, row: Sequence[Any]) -> Kept:
    copy_id, record_id, taken_at, content = row
    plain = platform.hold_sealer.open(content, _place(copy_id))
    return Kept(record_id, taken_at, orjson.loads(plain))


@lru_cache(maxsize=32)
def _page(dialect: Dialect, holds: int) -> Prepared:
    copy, id_type = table_of(HeldCopy), Uuid()
    after: Any = Tuple(bound("record", id_type), bound("after", id_type))
    statement = (
        select(copy.c.id, copy.c.record_id, copy.c.taken_at, copy.c.content)
        .where(
            copy.c.hold_id.in_([bound(f"hold_{place}", id_type) for place in range(holds)]),
            copy.c.resource == bound("table", String()),
            tuple_(copy.c.record_id, copy.c.id) > after,
        )
        .order_by(copy.c.record_id, copy.c.id)
        .limit(bound("limit", Integer()))
    )
    return prepare(statement, dialect)


def _place(copy_id: UUID) -> bytes:
    return b"held_copies.content:" + copy_id.bytes
