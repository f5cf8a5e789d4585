"""What stands, derived from the ledger: made again from it, and compared with it."""

from typing import Any, Final

from sqlalchemy import Select, Uuid, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import OURSELVES
from app.models import ConsentEvent, ConsentState, ConsentSubject, table_of
from app.services.platform import Platform

_STATE: Final = table_of(ConsentState)
_PLAIN: Final = tuple(
    column.name for column in _STATE.c if column.name not in {"subject_id", "recipient_id"}
)


async def verify(platform: Platform) -> list[str]:
    """`faults`, as of one moment, whoever writes meanwhile."""
    async with platform.database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return await faults(connection)


async def rebuild_all(platform: Platform) -> int:
    """`rebuild`, in a transaction of its own."""
    async with platform.database.transaction() as connection:
        return await rebuild(connection)


async def rebuild(connection: AsyncConnection) -> int:
    """Make the derived table again from the ledger alone; how many states stand.

    Writers wait: those in between event and state are let finish first.
    """
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(
            "LOCK TABLE consent_events, consent_states IN SHARE ROW EXCLUSIVE MODE"
        )
    await connection.execute(delete(ConsentState))
    derived = _derived()
    columns = ["subject_id", "recipient_id", *_PLAIN]
    await connection.execute(insert(ConsentState).from_select(columns, derived))
    return (await connection.execute(select(func.count()).select_from(ConsentState))).scalar_one()


async def faults(connection: AsyncConnection) -> list[str]:
    """Where the ledger has a gap, or what stands is not what it says. Empty when all is well."""
    counted = (
        select(
            ConsentSubject.id,
            ConsentSubject.events,
            func.count(ConsentEvent.id).label("rows"),
            func.coalesce(func.max(ConsentEvent.sequence), 0).label("last"),
        )
        .join(ConsentEvent, ConsentEvent.subject_id == ConsentSubject.id, isouter=True)
        .group_by(ConsentSubject.id, ConsentSubject.events)
    )
    found = [
        f"subject {row.id}: {row.events} counted, {row.rows} events up to {row.last}"
        for row in await connection.execute(counted)
        if not row.events == row.rows == row.last
    ]
    derived = {_key(row): row for row in (await connection.execute(_derived())).mappings()}
    standing = {_key(row): row for row in (await connection.execute(select(*_STATE.c))).mappings()}
    for key in sorted(derived.keys() | standing.keys(), key=str):
        if key not in standing or key not in derived:
            found.append(
                f"{_named(key)}: stands in {'the ledger' if key in derived else 'the table'} only"
            )
        elif any(derived[key][name] != standing[key][name] for name in _PLAIN):
            found.append(f"{_named(key)}: another event stands than the ledger's last")
    return found


def _named(key: tuple[Any, ...]) -> str:
    subject, purpose, recipient = key
    return f"subject {subject}, {purpose}, recipient {recipient}"


def _key(row: Any) -> tuple[Any, ...]:
    return (row["subject_id"], row["purpose"], row["recipient_id"])


def _derived() -> Select[Any]:
    """The last event of each subject, purpose and recipient, as `consent_states` has it."""
    event = table_of(ConsentEvent)
    recipient = func.coalesce(event.c.recipient_id, literal(OURSELVES, Uuid())).label(
        "recipient_id"
    )
    place = (
        func.row_number()
        .over(
            partition_by=(event.c.subject_id, event.c.purpose, recipient),
            order_by=event.c.sequence.desc(),
        )
        .label("place")
    )
    ranked = select(
        event.c.subject_id, recipient, *(event.c[name] for name in _PLAIN), place
    ).subquery()
    return select(
        ranked.c.subject_id, ranked.c.recipient_id, *(ranked.c[name] for name in _PLAIN)
    ).where(ranked.c.place == 1)
