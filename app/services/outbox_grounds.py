"""Mails that only a consent allows: gone from the outbox when it ends, and asked for as they leave.

One that is cancelled becomes ``suppressed`` with the reason ``consent_withdrawn``: nobody tried to
send it and failed, it was not to be sent any more, and it is accounted for as long as the others.
Cancelling finds what waits. What a worker holds at that moment is asked for again right before it
leaves, which also covers an end that no event tells of: a moment that passed, newer words.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Dialect,
    String,
    Update,
    Uuid,
    exists,
    func,
    literal,
    not_,
    null,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import OURSELVES
from app.core.columns import UtcDateTime
from app.core.statements import Prepared, bound, prepare
from app.core.transactions import Transaction, run
from app.models import ConsentState, OutboxMessage, table_of
from app.services import consents
from app.services.outbox_leases import Claimed
from app.services.platform import Platform

WITHDRAWN: Final = "consent_withdrawn"

_TABLE = table_of(OutboxMessage)


async def stands(platform: Platform, claimed: Claimed) -> bool:
    """Whether the mail may leave now. Raises `Failure("database_unavailable")`."""
    if claimed.relies_on is None:
        return True
    return claimed.customer_id is not None and await consents.allows(
        platform,
        claimed.customer_id,
        claimed.relies_on,
        recipient_id=claimed.relies_on_recipient_id,
        fields=claimed.relies_on_fields or (),
    )


async def cancel_of(
    platform: Platform,
    transaction: Transaction,
    at: datetime,
    customer_id: UUID,
    purpose: str,
    recipient_id: UUID | None,
) -> None:
    """A customer's consent ended: nothing that waits on its ground leaves."""
    statement = _of(platform.database.dialect, ours=recipient_id is None)
    values = {"at": at, "customer": customer_id, "purpose": purpose, "recipient": recipient_id}
    await run(transaction, statement, values)


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


@lru_cache(maxsize=4)
def _of(dialect: Dialect, *, ours: bool) -> Prepared:
    recipient = _TABLE.c.relies_on_recipient_id
    return prepare(
        _cancelling(
            _TABLE.c.customer_id == bound("customer", Uuid()),
            _TABLE.c.relies_on == bound("purpose", String()),
            recipient.is_(None) if ours else recipient == bound("recipient", Uuid()),
        ),
        dialect,
    )


async def _cancel(
    connection: AsyncConnection, at: datetime, *conditions: ColumnElement[bool]
) -> None:
    await connection.execute(_cancelling(*conditions), {"at": at})


def _cancelling(*conditions: ColumnElement[bool]) -> Update:
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
            reason=WITHDRAWN,
            due_at=null(),
            settled_at=bound("at", UtcDateTime()),
            sealed=null(),
        )
    )
