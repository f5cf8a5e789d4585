"""Telling people that what they wrote has arrived: LGPD art. 19, I (simple confirmation, at once).

Anybody can type anybody's address: so a mailbox gets one such mail a day at most, known or not, by
whichever of its spellings (`core.emails.mailbox_key`), and it repeats nothing that was typed. What
comes after that on the same day is confirmed together, as soon as a day has passed.
"""

from datetime import timedelta
from typing import Final, cast

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.core.language import Language
from app.models import ContactRequest
from app.services import outbox
from app.services.outbox import Message
from app.services.platform import Platform

TEMPLATE: Final = "contact_received"
EVERY: Final = timedelta(days=1)
MOST_NAMED: Final = 20
"""References that one mail names; how many more there are is told."""
AT_ONCE: Final = 200
"""Mailboxes that one turn of the duty writes to."""

_WAITING: Final = (ContactRequest.acknowledged_at.is_(None), ContactRequest.status == "open")


async def acknowledge(platform: Platform, connection: AsyncConnection, mailbox: str) -> None:
    """Confirm whatever waits for it to a mailbox, unless it had such a mail within a day."""
    # Else two requests of one moment would each find that the other was not confirmed yet.
    await platform.database.take_turns(connection, f"contact_requests {mailbox}")
    now = platform.clock()
    lately = select(ContactRequest.id).where(
        ContactRequest.mailbox_key == mailbox,
        # One of the future (a clock was set back since) keeps nobody waiting for it.
        ContactRequest.acknowledged_at.between(now - EVERY, now + EVERY),
    )
    if (await connection.execute(lately.limit(1))).first() is not None:
        return
    waiting = (
        select(
            ContactRequest.id,
            ContactRequest.reference,
            ContactRequest.email,
            ContactRequest.language,
            ContactRequest.due_at,
        )
        .where(ContactRequest.mailbox_key == mailbox, *_WAITING)
        .order_by(ContactRequest.id)
    )
    found = (await connection.execute(waiting)).all()
    if not found:
        return
    newest = found[-1]
    due = min((each.due_at for each in found if each.due_at is not None), default=None)
    message = Message(
        TEMPLATE,
        newest.email,
        cast(Language, newest.language),
        params={
            "references": [each.reference for each in found[:MOST_NAMED]],
            "unnamed": max(len(found) - MOST_NAMED, 0),
            "due_at": None if due is None else due.isoformat(),
            "late": due is not None and due < now,
        },
        key=f"{TEMPLATE}:{newest.id}",
    )
    await outbox.queue(platform, connection, message)
    confirmed = ContactRequest.id.in_([each.id for each in found])
    await connection.execute(update(ContactRequest).where(confirmed).values(acknowledged_at=now))


async def catch_up(platform: Platform) -> None:
    """Confirm what came within a day of another confirmation to the same mailbox."""
    now = platform.clock()
    other = aliased(ContactRequest)
    lately = select(other.id).where(
        other.mailbox_key == ContactRequest.mailbox_key,
        other.acknowledged_at.between(now - EVERY, now + EVERY),
    )
    late = (
        select(ContactRequest.mailbox_key)
        .where(*_WAITING, ~lately.exists())
        .group_by(ContactRequest.mailbox_key)
        .limit(AT_ONCE)
    )
    async with platform.database.snapshot() as connection:
        mailboxes = list((await connection.execute(late)).scalars())
    for mailbox in sorted(mailboxes):
        async with platform.database.transaction() as connection:
            await acknowledge(platform, connection, mailbox)
