"""What follows from an event of the consent ledger, in that event's own transaction (LGPD art. 18).

A yes opens what `consents.allows` says from then on. Whatever ends one (withdrawn, denied, expired)
also reaches what was begun on its ground: mails that wait are cancelled, a third party that got
data is told so, what was derived for the purpose is erased. A yes that goes less far than the one
before ends that one in part: mails that hold what it leaves out are cancelled, and a third party
that got some of that is told.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.transactions import Transaction
from app.services import derived_data, outbox_grounds, recipient_notices, recipients
from app.services.consent_sayings import Recorded
from app.services.outbox_grounds import Ended
from app.services.platform import Platform
from app.services.recipients import Contact


async def follow(platform: Platform, transaction: Transaction, *events: Recorded) -> None:
    """Have the consequences of events stand or fall with them.

    Called by whoever writes events; for a yes that takes nothing back there is nothing to do.
    """
    ours = [event for event in events if event.recipient_id is None]
    await _end(platform, transaction, *(event for event in ours if event.state != "granted"))
    for event in events:
        if event.recipient_id is not None:
            await _reach(platform, transaction, event, event.recipient_id)


async def _reach(
    platform: Platform, transaction: Transaction, event: Recorded, recipient_id: UUID
) -> None:
    """The same for an event about a third party."""
    if event.state == "granted" and event.narrowing is None:
        return
    assert isinstance(transaction, AsyncConnection)  # noqa: S101 - `consent_statements.py`
    # Held before its mails are, as by those who change or retire it: nobody waits in a circle.
    contact = await recipients.contact(transaction, recipient_id)
    if event.narrowing is None:
        await _end(platform, transaction, event)
        if event.before == "granted":
            await recipient_notices.tell_of_end(platform, transaction, contact, event)
        return
    await _narrow(platform, transaction, contact, event)


async def _end(platform: Platform, transaction: Transaction, *events: Recorded) -> None:
    grounds = [
        Ended(customer_id=e.subject_id, purpose=e.purpose, recipient_id=e.recipient_id, at=e.at)
        for e in events
        if e.before == "granted"  # what was begun before its last end went then
    ]
    await outbox_grounds.cancel_of(platform, transaction, grounds)
    for event in events:
        lapsed = event.state == "expired"
        await derived_data.erase(
            platform, transaction, event.purpose, event.subject_id, lapsed=lapsed
        )


async def _narrow(
    platform: Platform, connection: AsyncConnection, contact: Contact, event: Recorded
) -> None:
    """Nothing is derived for third parties, so that nothing is erased here."""
    assert event.narrowing is not None  # noqa: S101 - `follow`
    fields = event.narrowing.fields
    if fields:
        await outbox_grounds.cancel_of_fields(
            connection, event.at, event.subject_id, event.purpose, contact.id, fields
        )
    await recipient_notices.tell_of_narrowing(platform, connection, contact, event)
