"""The consent ledger: each statement becomes one event, in the subject's own gapless order.

The subject's row in `consent_subjects` is the queue: whoever counts it up holds it until their
transaction ends, so that events have one order and what stands is always the last of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.processing import OURSELVES
from app.core.errors import Failure
from app.core.ids import new_id
from app.core.transactions import Transaction
from app.models import ConsentEvent, ConsentState, ConsentSubject
from app.services import consent_writes, purposes
from app.services.consent_hearing import Standing, judge, standing
from app.services.consent_narrowing import Narrowing, Yes, narrowing
from app.services.consent_sayings import (
    Key,
    Recorded,
    Saying,
    Statement,
    SubjectKind,
    event_of,
    key_of,
    row_of,
)
from app.services.consent_writes import EVENT, STATE
from app.services.platform import Platform

BEFORE_THE_REGISTER: Final = 0
"""The version of words that were not kept."""


async def record(
    platform: Platform, transaction: Transaction, actor: Actor, statement: Statement
) -> Recorded:
    """Write the event and what stands from now on, in the caller's transaction.

    A no after a yes is a withdrawal. Raises `Failure` with ``unknown_purpose`` for one that is not
    in force, ``account_closed`` for a yes that would not count (a no always does),
    ``purpose_version_not_current`` for words that are no longer those in force,
    ``validation_failed`` for fields that the purpose does not cover.
    """
    [recorded] = await record_all(platform, transaction, [Saying(actor, statement)])
    if isinstance(recorded, Failure):
        raise recorded
    return recorded


async def record_all(
    platform: Platform, transaction: Transaction, sayings: Sequence[Saying]
) -> list[Recorded | Failure]:
    """As `record`, for several, in the order in which they were said: set by set.

    Of a statement that is refused nothing is written: `record`'s `Failure` stands in its place.
    """
    judged = await judge(platform, transaction, [saying.statement for saying in sayings])
    heard = [
        saying.statement
        for saying, words in zip(sayings, judged, strict=True)
        if not isinstance(words, Failure)
    ]
    subjects = [(each.subject_id, each.subject_kind) for each in heard]
    numbers = await _count_up(platform, transaction, subjects)
    now = platform.clock()  # after those who were in the queue before
    stands = await standing(platform, transaction, heard)
    unused = Counter[tuple[UUID, SubjectKind]]()
    events: list[dict[str, Any]] = []
    results: list[Recorded | Failure] = []
    for saying, words in zip(sayings, judged, strict=True):
        if isinstance(words, Failure):
            results.append(words)
            continue
        statement, key = saying.statement, key_of(saying.statement)
        before = stands[key]
        if statement.granted and before.closed:
            unused[statement.subject_id, statement.subject_kind] += 1
            results.append(Failure("account_closed"))
            continue
        number = next(numbers[statement.subject_id])
        event = event_of(saying, words, before.state, number, statement.said_at or now)
        after = Standing(event["state"], Yes(event["fields"], event["expires_at"]), before.closed)
        stands[key] = after
        events.append(event)
        results.append(Recorded.of(event, before.state, words, _taken_back(key, before, after)))
    await _write(platform, transaction, events)
    await _count(platform, transaction, {subject: -more for subject, more in unused.items()})
    return results


async def record_first(
    connection: AsyncConnection,
    statements: Sequence[Statement],
    at: datetime,
    *,
    words: purposes.Words | None,
    actor_kind: str,
) -> None:
    """The very first statements of as many new accounts, in bulk: one each.

    `words` are those that they saw, None where nobody can say.
    """
    if not statements:
        return
    events = [
        row_of(
            statement,
            "granted" if statement.granted else "denied",
            1,
            at,
            purpose_version=words.version if words else BEFORE_THE_REGISTER,
            purpose_hash=words.hash if words else None,
            actor_kind=actor_kind,
        )
        for statement in statements
    ]
    subjects = [
        {"id": statement.subject_id, "kind": statement.subject_kind, "events": 1}
        for statement in statements
    ]
    await connection.execute(insert(ConsentSubject), subjects)
    await connection.execute(insert(ConsentEvent), events)
    await connection.execute(insert(ConsentState), [state_of(event) for event in events])


async def lapse(
    platform: Platform, connection: AsyncConnection, actor: Actor, event_id: UUID
) -> Recorded | None:
    """Write that a yes has expired; None where it has not, or no longer stands.

    It does so when its time has passed, and when the words in force keep no yes to words as old as
    its own. The event names the words that the yes was given to.
    """
    of = select(ConsentEvent.subject_id).where(ConsentEvent.id == event_id)
    subject_id: UUID = (await connection.execute(of)).scalar_one()
    await lock(connection, subject_id)
    now = platform.clock()
    standing = (
        select(EVENT)
        .join(STATE, STATE.c.id == EVENT.c.id)
        .where(STATE.c.id == event_id, STATE.c.state == "granted")
    )
    given = (await connection.execute(standing)).mappings().first()
    why = None if given is None else await _ended(connection, given, now)
    if given is None or why is None:
        return None
    numbers = await _count_up(platform, connection, [(subject_id, "account")])
    [event] = await _expire(platform, connection, actor, [given], numbers[subject_id], why, now)
    return event


async def hold(platform: Platform, connection: AsyncConnection, account_id: UUID) -> None:
    """As `lock`, for an account of which nobody may have said anything so far."""
    await _count(platform, connection, {(account_id, "account"): 0})


async def end_all(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    account_id: UUID,
    at: datetime,
    why: Mapping[str, Any],
) -> list[Recorded]:
    """Write of each yes of an account that it has expired, whether it still counts or not.

    The caller took `hold` before `at`, and before the account: whoever says something for an
    account comes to it in that order, too.
    """
    yeses = select(STATE.c.id).where(STATE.c.subject_id == account_id, STATE.c.state == "granted")
    chosen = select(EVENT).where(EVENT.c.id.in_(yeses)).order_by(EVENT.c.sequence)
    given = (await connection.execute(chosen)).mappings().all()
    if not given:
        return []
    numbers = await _count_up(platform, connection, [(account_id, "account")] * len(given))
    return await _expire(platform, connection, actor, given, numbers[account_id], why, at)


async def _expire(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    given: Sequence[RowMapping],
    numbers: Iterator[int],
    why: Mapping[str, Any],
    at: datetime,
) -> list[Recorded]:
    """The events that end these yeses, written; each names the words that its yes was given to."""
    events = [
        {
            **yes,
            "id": new_id(),
            "sequence": next(numbers),
            "state": "expired",
            "expires_at": None,
            "channel": "api",
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "role": actor.viewer if actor.kind == "staff" else None,
            "session_id": actor.session_id,
            "network": None,
            "evidence": {"granted_by": str(yes["id"]), **why},
            "at": at,
        }
        for yes in given
    ]
    await _write(platform, connection, events)
    return [
        Recorded.of(
            event,
            "granted",
            await _words(connection, event["purpose"], event["purpose_version"], at),
        )
        for event in events
    ]


async def _ended(
    connection: AsyncConnection, given: RowMapping, now: datetime
) -> dict[str, Any] | None:
    """What ended a yes, for its evidence; None where it still counts."""
    if given["expires_at"] is not None and given["expires_at"] <= now:
        return {"expired_at": given["expires_at"].isoformat()}
    for words in await purposes.counting(connection, now):
        if words.key == given["purpose"] and given["purpose_version"] < words.kept_from:
            return {"newer_version": words.version}
    return None


async def _words(
    connection: AsyncConnection, purpose: str, number: int, now: datetime
) -> purposes.Words:
    """The words of a version; where they were not kept, those in force: they are about the same."""
    if number != BEFORE_THE_REGISTER:
        return await purposes.version(connection, purpose, number)
    words = await purposes.in_force(connection, purpose, now)
    assert words is not None  # noqa: S101 - whatever is in the ledger was in force
    return words


async def lock(connection: AsyncConnection, subject_id: UUID) -> None:
    """Have whoever wants to say something for the subject wait until the transaction ends."""
    held = select(ConsentSubject.events).where(ConsentSubject.id == subject_id).with_for_update()
    await connection.execute(held)


async def _write(
    platform: Platform, transaction: Transaction, events: Sequence[Mapping[str, Any]]
) -> None:
    """The events, and what stands after the last of them for its purpose and recipient."""
    last = {(each["subject_id"], each["purpose"], each["recipient_id"]): each for each in events}
    lasting = {each["id"] for each in last.values()}
    rows = [{**each, "stands": each["id"] in lasting} for each in events]
    for statement in consent_writes.write(platform.database.dialect):
        await statement.run(transaction, rows)


def state_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What stands after an event, by column of `consent_states`."""
    return {column.name: event[column.name] for column in STATE.c} | {
        "recipient_id": event["recipient_id"] or OURSELVES
    }


def _taken_back(key: Key, before: Standing, after: Standing) -> Narrowing | None:
    """What a yes to a third party takes back of the one before."""
    if key[2] == OURSELVES or (before.state, after.state) != ("granted", "granted"):
        return None
    return narrowing(before.yes, after.yes)


async def _count_up(
    platform: Platform, transaction: Transaction, subjects: Sequence[tuple[UUID, SubjectKind]]
) -> dict[UUID, Iterator[int]]:
    """The numbers of as many more events, by subject: whoever else wants one waits for us."""
    more = Counter(subjects)
    last = await _count(platform, transaction, more)
    return {id: iter(range(last[id] - more[id, kind] + 1, last[id] + 1)) for id, kind in more}


async def _count(
    platform: Platform, transaction: Transaction, more: Mapping[tuple[UUID, SubjectKind], int]
) -> dict[UUID, int]:
    """The number of each subject's last event, with so many more of them, or fewer."""
    rows = [{"id": id, "kind": kind, "events": more[id, kind]} for id, kind in sorted(more)]
    counted = await consent_writes.count_up(platform.database.dialect).run(transaction, rows)
    return {row[0]: row[1] for row in counted}
