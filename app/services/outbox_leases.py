"""Who sends what: rows of the outbox are leased to one worker at a time, and settled by it alone.

A lease is an id and an end. Claiming moves a row's `due_at` to the lease's end, so that the rows of
a worker that died become due again by themselves; settling wants the lease's id, so that a
worker that was thought dead cannot overrule the one that came after it. Any number of
workers on any number of machines do this at once: on PostgreSQL none waits for another's rows
(``SKIP LOCKED``), on SQLite writers take turns by nature.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypedDict
from uuid import UUID

from sqlalchemy import Dialect, Integer, Uuid, case, literal, null, select, update

from app.core.columns import UtcDateTime
from app.core.driver_transactions import DriverTransaction
from app.core.ids import new_id
from app.core.language import Language
from app.core.row_sets import RowSet, for_each
from app.core.statements import Prepared, bound, prepare
from app.models import OutboxBatch, OutboxMessage, table_of
from app.services.mail_message import Outcome
from app.services.platform import Platform

LEASE: Final = timedelta(minutes=2)
LIFETIME: Final = timedelta(days=4)
"""How long a message is tried again: about what mail servers do among themselves."""
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=4)

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
    now, dialect = platform.clock(), platform.database.dialect
    if not await platform.database.fetch(_any_due(dialect), {"now": now}):
        return []
    values = {"now": now, "lease_id": new_id(), "lease_end": now + LEASE}
    async with platform.database.driven() as transaction:
        claimed = await _taken(transaction, _take(dialect, lone=True), values | {"most": most})
        if len(claimed) < most:
            rest = values | {"most": most - len(claimed)}
            claimed += await _taken(transaction, _take(dialect, lone=False), rest)
        return await _with_contents(platform, transaction, claimed)


async def settle(platform: Platform, settlements: Sequence[Settlement]) -> list[str]:
    """Write down what became of these, in one transaction; the new states of those that were tried.

    Rows that are leased to others by now stay as they are. Once a message's fate is known its
    sealed part is erased. Raises `Failure("database_unavailable")`; call it again then.
    """
    now = platform.clock()
    fates = [_fate(each.claimed, each.outcome, now) for each in settlements]
    async with platform.database.driven() as transaction:
        await _write_down(platform.database.dialect).run(transaction, fates)
    return [fate["next_state"] for fate in fates if not fate["untried"]]


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, a fifth more or less by chance.

    So that what failed together is not tried again together.
    """
    # 2**8 minutes pass the longest already; a larger power would only be a larger number.
    grown = min(FIRST_DELAY * 2 ** min(attempts - 1, 8), LONGEST_DELAY)
    return timedelta(seconds=grown.total_seconds() * (0.8 + secrets.randbelow(400) / 1000))


class _Fate(TypedDict):
    """What is written down of a message."""

    row_id: UUID
    held_lease: UUID
    next_state: str
    untried: int
    """1 where there was no attempt: the claim counted one."""
    outcome_code: int | None
    outcome_reason: str | None
    next_at: datetime | None
    known_at: datetime | None


def _fate(claimed: Claimed, outcome: Outcome | None, now: datetime) -> _Fate:
    fate = _Fate(
        row_id=claimed.id,
        held_lease=claimed.lease,
        next_state="deferred" if claimed.attempts > 1 else "queued",
        untried=1,
        outcome_code=None,
        outcome_reason=None,
        next_at=now,
        known_at=None,
    )
    if outcome is None:
        return fate
    fate["next_state"], fate["untried"] = outcome.state, 0
    fate["outcome_code"], fate["outcome_reason"] = outcome.code, outcome.reason
    if outcome.state == "deferred":
        again = fate["next_at"] = now + delay(claimed.attempts)
        if again <= claimed.created_at + LIFETIME:
            return fate
        fate["next_state"] = "abandoned"
    fate["next_at"], fate["known_at"] = None, now
    return fate


async def _taken(
    transaction: DriverTransaction, statement: Prepared, values: Mapping[str, Any]
) -> list[Claimed]:
    rows = await transaction.run(statement, values)
    return sorted((Claimed(*row) for row in rows), key=lambda claimed: claimed.id)


async def _with_contents(
    platform: Platform, transaction: DriverTransaction, claimed: list[Claimed]
) -> list[Claimed]:
    batches = {each.batch for each in claimed if each.batch is not None}
    asked = [{"batch": batch} for batch in sorted(batches)]
    rows = await _contents(platform.database.dialect).run(transaction, asked)
    known = {row[0]: row[1] for row in rows}
    if not known:
        return claimed
    return [
        replace(each, params={**known.get(each.batch, {}).get(each.language, {}), **each.params})
        for each in claimed
    ]


@lru_cache(maxsize=2)
def _any_due(dialect: Dialect) -> Prepared:
    due = OutboxMessage.due_at <= bound("now", UtcDateTime())
    return prepare(select(literal(1)).where(due).limit(1), dialect)


@lru_cache(maxsize=4)
def _take(dialect: Dialect, *, lone: bool) -> Prepared:
    batch = OutboxMessage.batch
    due = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.due_at <= bound("now", UtcDateTime()),
            batch.is_(None) if lone else batch.is_not(None),
        )
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(bound("most", Integer()))
        .with_for_update(skip_locked=True)
        .cte("due")  # apart: in a plain subquery PostgreSQL may look, and lock, more than once
    )
    taken = (
        update(_TABLE)
        .where(_TABLE.c.id.in_(select(due.c.id)))
        .values(
            state="sending",
            lease=bound("lease_id", Uuid()),
            due_at=bound("lease_end", UtcDateTime()),
            attempts=_TABLE.c.attempts + 1,
        )
        .returning(*(_TABLE.c[name] for name in Claimed.__slots__))
    )
    return prepare(taken, dialect)


@lru_cache(maxsize=2)
def _contents(dialect: Dialect) -> RowSet:
    """What the batches say."""
    asked = OutboxBatch.batch == bound("batch", OutboxBatch.batch.type)
    return for_each(select(OutboxBatch.batch, OutboxBatch.contents).where(asked), dialect)


@lru_cache(maxsize=2)
def _write_down(dialect: Dialect) -> RowSet:
    """Fates: one statement for all of a group, for a round trip each is what takes the time."""
    next_at = bound("next_at", UtcDateTime())
    written = (
        update(_TABLE)
        .where(
            _TABLE.c.id == bound("row_id", Uuid()),
            _TABLE.c.lease == bound("held_lease", Uuid()),
        )
        .values(
            state=bound("next_state", _TABLE.c.state.type),
            attempts=_TABLE.c.attempts - bound("untried", Integer()),
            code=bound("outcome_code", _TABLE.c.code.type),
            reason=bound("outcome_reason", _TABLE.c.reason.type),
            due_at=next_at,
            settled_at=bound("known_at", UtcDateTime()),
            sealed=case((next_at.is_not(None), _TABLE.c.sealed), else_=null()),
            lease=null(),
        )
    )
    return for_each(written, dialect)
