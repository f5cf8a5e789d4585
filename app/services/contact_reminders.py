"""Reminding the privacy officers of questions about personal data: before the deadline and at it.

One mail a day to each of them, in the morning, as long as there is something to tell: what is due
within `contact_clocks.REMINDED_DAYS` days or overdue, and what is kept apart as spam, which may not
be spam. It names references and days alone: mails are read by whoever holds the phone.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.core.business_days import ZONE
from app.core.language import DEFAULT
from app.models import ContactRequest
from app.services import outbox, privacy_desk
from app.services.contact_clocks import REMINDED_DAYS
from app.services.outbox import Message
from app.services.platform import Platform

TEMPLATE: Final = "contact_reminder"
FROM_HOUR: Final = 8
"""In America/Sao_Paulo: late enough for a morning, early enough for a deadline of that day."""
MOST_NAMED: Final = 20

_PRIVACY: Final = ContactRequest.topic == "privacy"
_UNANSWERED: Final = (
    _PRIVACY,
    ContactRequest.status.in_(("open", "suspected_spam")),  # the law's clock runs for both
    ContactRequest.due_at.is_not(None),
)
_APART: Final = (_PRIVACY, ContactRequest.status == "suspected_spam")


async def remind(platform: Platform) -> None:
    """Queue the day's reminders, once each, however often and by however many it is called.

    Where nobody is privacy officer, the directors are reminded: they answer for it in law.
    """
    now = platform.clock()
    local = now.astimezone(ZONE)
    if local.hour < FROM_HOUR:
        return
    async with platform.database.snapshot() as connection:
        params = await _waiting(connection, now)
        told = await privacy_desk.addressees(connection) if any(params.values()) else []
    messages = [
        Message(
            TEMPLATE,
            email,
            DEFAULT,
            params=params,
            key=f"{TEMPLATE}:{local:%Y-%m-%d}:{staff_id}",
            staff_id=staff_id,
        )
        for staff_id, email in told
    ]
    if messages:
        async with platform.database.transaction() as connection:
            await outbox.queue(platform, connection, *messages)


async def _waiting(connection: AsyncConnection, now: datetime) -> dict[str, Any]:
    """What is to be told: each list ``[reference, moment]``, and how many more there are."""
    soon = now + timedelta(days=REMINDED_DAYS)
    due, received = ContactRequest.due_at, ContactRequest.received_at
    params: dict[str, Any] = {}
    for name, moment, conditions in (
        ("overdue", due, (*_UNANSWERED, due < now)),
        ("due_soon", due, (*_UNANSWERED, due >= now, due <= soon)),
        ("set_apart", received, _APART),
    ):
        params[name] = await _named(connection, moment, *conditions)
        counted = select(func.count()).select_from(ContactRequest).where(*conditions)
        total = (await connection.execute(counted)).scalar_one()
        params[f"{name}_more"] = total - len(params[name])
    return params


async def _named(
    connection: AsyncConnection, moment: InstrumentedAttribute[Any], *conditions: Any
) -> list[list[str]]:
    chosen = (
        select(ContactRequest.reference, moment.label("moment"))
        .where(*conditions)
        .order_by(moment, ContactRequest.id)
        .limit(MOST_NAMED)
    )
    return [[row.reference, row.moment.isoformat()] for row in await connection.execute(chosen)]
