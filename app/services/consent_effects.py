"""What follows from an event of the consent ledger, in that event's own transaction (LGPD art. 18).

A yes opens what `consents.allows` says from then on. Whatever ends one (withdrawn, denied, expired)
also reaches what was begun on its ground: mails that wait are cancelled, a third party that got
data is told so, what was derived for the purpose is erased. A yes that goes less far than the one
before ends that one in part: mails that hold what it leaves out are cancelled, and a third party
that got some of that is told.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.transactions import Transaction
from app.services import derived_data, outbox_grounds, recipient_notices, recipients
from app.services.consent_ledger import Recorded
from app.services.platform import Platform
from app.services.recipients import Contact


async def follow(platform: Platform, transaction: Transaction, event: Recorded) -> None:
    """Have the event's consequences stand or fall with it.

    Called by whoever writes an event; for a yes that takes nothing back there is nothing to do.
    """
    if event.state == "granted" and event.narrowing is None:
        return
    if event.recipient_id is None:
        await _end(platform, transaction, event)
        return
    assert isinstance(transaction, AsyncConnection)  # noqa: S101 - `consent_statements.py`
    # Held before its mails are, as by those who change or retire it: nobody waits in a circle.
    contact = await recipients.contact(transaction, event.recipient_id)
    if event.narrowing is None:
        await _end(platform, transaction, event)
        if event.before == "granted":
            await recipient_notices.tell_of_end(platform, transaction, contact, event)
        return
    await _narrow(platform, transaction, contact, event)


async def _end(platform: Platform, transaction: Transaction, event: Recorded) -> None:
    await outbox_grounds.cancel_of(
        platform, transaction, event.at, event.subject_id, event.purpose, event.recipient_id
    )
    lapsed = event.state == "expired"
    await derived_data.erase(platform, transaction, event.purpose, event.subject_id, lapsed=lapsed)


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
