"""Who sends what: rows of the outbox are leased to one worker at a time, and settled by it alone.

A lease is an id and an end. Claiming moves a row's `due_at` to the lease's end, so that the rows of
a worker that died become due again by themselves; settling wants the lease's id, so that a
worker that was thought dead cannot overrule the one that came after it. Any number of
workers on any number of machines do this at once: on PostgreSQL none waits for another's rows
(``SKIP LOCKED``), on SQLite writers take turns by nature.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Update,
    Uuid,
    any_,
    bindparam,
    case,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.columns import UtcDateTime
from app.core.ids import new_id
from app.core.language import Language
from app.core.statements import bound, prepare
from app.models import OutboxBatch, OutboxMessage, table_of
from app.services.mail_message import Outcome
from app.services.platform import Platform

LEASE: Final = timedelta(minutes=2)
LIFETIME: Final = timedelta(days=4)
"""How long a message is tried again: about what mail servers do among themselves."""
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=4)

_prepare_once = lru_cache(maxsize=2)(prepare)
_TABLE = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send until its lease ends. `attempts` counts this one, too."""

    id: UUID
    lease: UUID
    template: str
    language: Language
    recipient: str
    batch: str | None
    params: Mapping[str, Any]
    sealed: bytes | None
    attempts: int
    created_at: datetime
    customer_id: UUID | None = None
    relies_on: str | None = None
    relies_on_recipient_id: UUID | None = None
    relies_on_fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed message; without an outcome it was not tried."""

    claimed: Claimed
    outcome: Outcome | None


async def claim(platform: Platform, most: int) -> list[Claimed]:
    """Lease up to `most` messages that are due, those that belong to no batch first.

    For a batch may be a hundred thousand, and somebody is waiting for the link of a lone one.
    What a batch says to all is among the `params` of each. Looking in vain writes nothing.
    Raises `Failure("database_unavailable")`.
    """
    now = platform.clock()
    looking = _prepare_once(_ANY_DUE, platform.database.dialect)
    if not await platform.database.fetch(looking, {"now": now}):
        return []
    lease = new_id()
    values = {"now": now, "lease_id": lease, "lease_end": now + LEASE}
    async with platform.database.transaction() as connection:
        claimed = await _taken(connection, _TAKE_LONE, values | {"most": most})
        if len(claimed) < most:
            rest = values | {"most": most - len(claimed)}
            claimed += await _taken(connection, _TAKE_BATCHED, rest)
        return await _with_contents(connection, claimed)


async def settle(platform: Platform, settlements: Sequence[Settlement]) -> list[str]:
    """Write down what became of these, in one transaction; the new states of those that were tried.

    Rows that are leased to others by now stay as they are. Once a message's fate is known its
    sealed part is erased. Raises `Failure("database_unavailable")`; call it again then.
    """
    now = platform.clock()
    fates = [_fate(each.claimed, each.outcome, now) for each in settlements]
    alike: defaultdict[_Fate, list[UUID]] = defaultdict(list)
    for each, fate in zip(settlements, fates, strict=True):
        alike[fate].append(each.claimed.id)
    statement = _SETTLE[platform.database.dialect.name]
    async with platform.database.transaction() as connection:
        for fate, ids in alike.items():
            await connection.execute(statement, fate._asdict() | {"row_ids": ids})
    return [fate.next_state for fate in fates if not fate.untried]


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, a fifth more or less by chance.

    So that what failed together is not tried again together.
    """
    # 2**8 minutes pass the longest already; a larger power would only be a larger number.
    grown = min(FIRST_DELAY * 2 ** min(attempts - 1, 8), LONGEST_DELAY)
    return timedelta(seconds=grown.total_seconds() * (0.8 + secrets.randbelow(400) / 1000))


class _Fate(NamedTuple):
    """What is written down of messages of one lease; of most that are settled at once, the same."""

    held_lease: UUID
    next_state: str
    untried: int = 0
    """1 where there was no attempt: the claim counted one."""
    outcome_code: int | None = None
    outcome_reason: str | None = None
    next_at: datetime | None = None
    known_at: datetime | None = None


def _fate(claimed: Claimed, outcome: Outcome | None, now: datetime) -> _Fate:
    if outcome is None:
        state = "deferred" if claimed.attempts > 1 else "queued"
        return _Fate(claimed.lease, state, untried=1, next_at=now)
    fate = _Fate(
        claimed.lease, outcome.state, outcome_code=outcome.code, outcome_reason=outcome.reason
    )
    if outcome.state != "deferred":
        return fate._replace(known_at=now)
    again = now + delay(claimed.attempts)
    if again > claimed.created_at + LIFETIME:
        return fate._replace(next_state="abandoned", known_at=now)
    return fate._replace(next_at=again)


async def _taken(
    connection: AsyncConnection, statement: Update, values: Mapping[str, Any]
) -> list[Claimed]:
    rows = await connection.execute(statement, values)
    return sorted((Claimed(*row) for row in rows), key=lambda claimed: claimed.id)


async def _with_contents(connection: AsyncConnection, claimed: Sequence[Claimed]) -> list[Claimed]:
    batches = {each.batch for each in claimed} - {None}
    if not batches:
        return list(claimed)
    chosen = select(OutboxBatch.batch, OutboxBatch.contents).where(OutboxBatch.batch.in_(batches))
    known = {row.batch: row.contents for row in await connection.execute(chosen)}
    return [
        replace(each, params={**known.get(each.batch, {}).get(each.language, {}), **each.params})
        for each in claimed
    ]


def _take(*, lone: bool) -> Any:
    batch = OutboxMessage.batch
    due = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.due_at <= bindparam("now"),
            batch.is_(None) if lone else batch.is_not(None),
        )
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")  # apart: in a plain subquery PostgreSQL may look, and lock, more than once
    )
    return (
        update(_TABLE)
        .where(_TABLE.c.id.in_(select(due.c.id)))
        .values(
            state="sending",
            lease=bindparam("lease_id"),
            due_at=bindparam("lease_end"),
            attempts=_TABLE.c.attempts + 1,
        )
        .returning(*(_TABLE.c[name] for name in Claimed.__slots__))
    )


def _settle(these: ColumnElement[bool]) -> Update:
    next_at = bindparam("next_at", type_=UtcDateTime())
    return (
        update(_TABLE)
        .where(these, _TABLE.c.lease == bindparam("held_lease"))
        .values(
            state=bindparam("next_state"),
            attempts=_TABLE.c.attempts - bindparam("untried"),
            code=bindparam("outcome_code"),
            reason=bindparam("outcome_reason"),
            due_at=next_at,
            settled_at=bindparam("known_at"),
            sealed=case((next_at.is_not(None), _TABLE.c.sealed), else_=null()),
            lease=None,
        )
    )


_ANY_DUE: Final = (
    select(literal(1)).where(OutboxMessage.due_at <= bound("now", UtcDateTime())).limit(1)
)
_TAKE_LONE: Final = _take(lone=True)
_TAKE_BATCHED: Final = _take(lone=False)
_SETTLE: Final[Mapping[str, Update]] = {
    "postgresql": _settle(_TABLE.c.id == any_(bindparam("row_ids", type_=ARRAY(Uuid())))),
    "sqlite": _settle(_TABLE.c.id.in_(bindparam("row_ids", expanding=True))),
}
"""One statement for all that came to the same end: a round trip each is what takes the time."""
