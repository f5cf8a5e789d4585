"""Mails that only a consent allows: gone from the outbox when it ends, and asked for as they leave.

One that is cancelled becomes ``suppressed`` with the reason ``consent_withdrawn``, or
``contact_changed`` where the third party is written to elsewhere by now: nobody tried to
send it and failed, it was not to be sent any more, and it is accounted for as long as the others.
Cancelling finds what waits. What a worker holds at that moment is asked for again right before it
leaves, which also covers an end that no event tells of: a moment that passed, newer words.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, TypedDict
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Dialect,
    String,
    Text,
    Update,
    Uuid,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import OURSELVES
from app.core.columns import UtcDateTime
from app.core.row_sets import RowSet, for_each
from app.core.statements import Prepared, bound, prepare
from app.core.transactions import Transaction
from app.models import ConsentState, OutboxMessage, Recipient, table_of
from app.schemas.deliveries import Reason
from app.services import consents
from app.services.outbox_leases import Claimed
from app.services.platform import Platform

WITHDRAWN: Final = "consent_withdrawn"
MOVED: Final = "contact_changed"

_TABLE = table_of(OutboxMessage)


async def hindrance(platform: Platform, claimed: Claimed) -> Reason | None:
    """The reason why the mail may not leave now; None where it may.

    Raises `Failure("database_unavailable")`.
    """
    if claimed.relies_on is None:
        return None
    recipient_id = claimed.relies_on_recipient_id
    allowed = claimed.customer_id is not None and await consents.allows(
        platform,
        claimed.customer_id,
        claimed.relies_on,
        recipient_id=recipient_id,
        fields=claimed.relies_on_fields or (),
    )
    if not allowed:
        return WITHDRAWN
    if recipient_id is not None:
        contact = _contact(platform.database.dialect)
        [[address]] = await platform.database.fetch(contact, {"recipient": recipient_id})
        if address != claimed.recipient:
            return MOVED
    return None


class Ended(TypedDict):
    """A customer's consent that ended: to what, for whom (None: the agency itself), and when."""

    customer_id: UUID
    purpose: str
    recipient_id: UUID | None
    at: datetime


async def cancel_of(platform: Platform, transaction: Transaction, ended: Sequence[Ended]) -> None:
    """Customers' consents ended: nothing that waits on their ground leaves."""
    await _of(platform.database.dialect).run(transaction, ended)


async def cancel_of_fields(
    connection: AsyncConnection,
    at: datetime,
    customer_id: UUID,
    purpose: str,
    recipient_id: UUID,
    fields: Collection[str],
) -> None:
    """A customer's consent covers these fields no longer: nothing that holds one of them leaves."""
    named = literal(",").concat(type_coerce(_TABLE.c.relies_on_fields, Text())).concat(",")
    await _cancel(
        connection,
        at,
        _TABLE.c.customer_id == customer_id,
        _TABLE.c.relies_on == purpose,
        _TABLE.c.relies_on_recipient_id == recipient_id,
        or_(*(named.contains(f",{field},", autoescape=True) for field in sorted(fields))),
    )


async def cancel_elsewhere(
    connection: AsyncConnection, at: datetime, recipient_id: UUID, address: str
) -> None:
    """A third party has another address now: nothing that waits for its former one leaves."""
    to_it = _TABLE.c.relies_on_recipient_id == recipient_id
    await _cancel(connection, at, to_it, _TABLE.c.recipient != address, reason=MOVED)


async def cancel_to(connection: AsyncConnection, at: datetime, recipient_id: UUID) -> None:
    """A third party was retired: nothing that waits for it leaves."""
    await _cancel(connection, at, _TABLE.c.relies_on_recipient_id == recipient_id)


async def cancel_outdated(
    connection: AsyncConnection, at: datetime, kept_from: Mapping[str, int]
) -> None:
    """Purposes have newer words: what waits on a yes to words that no longer count is cancelled.

    `kept_from` is the oldest version that counts, by purpose.
    """
    for purpose, version in kept_from.items():
        recipient = func.coalesce(_TABLE.c.relies_on_recipient_id, literal(OURSELVES, Uuid()))
        counts = exists().where(
            ConsentState.subject_id == _TABLE.c.customer_id,
            ConsentState.purpose == purpose,
            ConsentState.recipient_id == recipient,
            ConsentState.purpose_version >= version,
        )
        await _cancel(connection, at, _TABLE.c.relies_on == purpose, not_(counts))


@lru_cache(maxsize=2)
def _of(dialect: Dialect) -> RowSet:
    statement = _cancelling(
        _TABLE.c.customer_id == bound("customer_id", Uuid()),
        _TABLE.c.relies_on == bound("purpose", String()),
        _TABLE.c.relies_on_recipient_id.is_not_distinct_from(bound("recipient_id", Uuid())),
    )
    return for_each(statement, dialect)


@lru_cache(maxsize=2)
def _contact(dialect: Dialect) -> Prepared:
    known = Recipient.id == bound("recipient", Uuid())
    return prepare(select(Recipient.contact_email).where(known), dialect)


async def _cancel(
    connection: AsyncConnection,
    at: datetime,
    *conditions: ColumnElement[bool],
    reason: Reason = WITHDRAWN,
) -> None:
    await connection.execute(_cancelling(*conditions, reason=reason), {"at": at})


def _cancelling(*conditions: ColumnElement[bool], reason: Reason = WITHDRAWN) -> Update:
    return (
        update(_TABLE)
        .where(
            _TABLE.c.due_at.is_not(None),
            _TABLE.c.relies_on.is_not(None),
            _TABLE.c.state.in_(("queued", "deferred")),
            *conditions,
        )
        .values(
            state="suppressed",
            reason=reason,
            due_at=null(),
            settled_at=bound("at", UtcDateTime()),
            sealed=null(),
        )
    )
