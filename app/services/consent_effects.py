"""What follows from an event of the consent ledger, in that event's own transaction (LGPD art. 18).

A yes opens what `consents.allows` says from then on. Whatever ends one (withdrawn, denied, expired)
also reaches what was begun on its ground: mails that wait are cancelled, a third party that got
data is told so, what was derived for the purpose is erased.
"""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.transactions import Transaction
from app.services import derived_data, disclosures, outbox, outbox_grounds, recipients
from app.services.consent_ledger import Recorded
from app.services.outbox import Message
from app.services.platform import Platform

TEMPLATE: Final = "consent_withdrawn_recipient"


async def follow(platform: Platform, transaction: Transaction, event: Recorded) -> None:
    """Have the event's consequences stand or fall with it.

    Called by whoever writes an event; for a yes there is nothing to do.
    """
    if event.state == "granted":
        return
    await outbox_grounds.cancel_of(
        platform, transaction, event.at, event.subject_id, event.purpose, event.recipient_id
    )
    lapsed = event.state == "expired"
    await derived_data.erase(platform, transaction, event.purpose, event.subject_id, lapsed=lapsed)
    if event.before == "granted" and event.recipient_id is not None:
        assert isinstance(transaction, AsyncConnection)  # noqa: S101 - `consent_statements.py`
        await _tell_recipient(platform, transaction, event, event.recipient_id)


async def _tell_recipient(
    platform: Platform, connection: AsyncConnection, event: Recorded, recipient_id: UUID
) -> None:
    """Once for each end, and only where something left: others need not know of the customer."""
    received = await disclosures.was_sent(connection, event.subject_id, recipient_id, event.purpose)
    if not received:
        return
    contact = await recipients.contact(connection, recipient_id)
    message = Message(
        TEMPLATE,
        contact.email,
        contact.language,
        params={
            "recipient_name": contact.name,
            "reference": disclosures.reference(platform, event.subject_id, recipient_id),
            "purpose_title": event.words.title[contact.language],
            "expired": event.state == "expired",
            "ended_at": event.at.isoformat(),
        },
        key=f"consent_ended:{event.id}",
        customer_id=event.subject_id,
    )
    await outbox.queue(platform, connection, message)
