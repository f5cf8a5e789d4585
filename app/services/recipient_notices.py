"""Telling third parties that what they got may not be kept: only those who got something.

Others need not know of the customer. Each address that data went to is told, as its mail promised,
and the present contact: whoever answers for the third party today must hear of it, too.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.services import disclosures, outbox
from app.services.consent_sayings import Recorded
from app.services.disclosures import Received
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.recipients import Contact

ENDED: Final = "consent_withdrawn_recipient"
NARROWED: Final = "consent_narrowed_recipient"


async def tell_of_end(
    platform: Platform, connection: AsyncConnection, contact: Contact, event: Recorded
) -> None:
    """Once for each end of a consent: all that was got by it must go."""
    received = await _received(connection, contact, event)
    ended = {"expired": event.state == "expired", "ended_at": event.at.isoformat()}
    await _tell(platform, connection, contact, event, received, ENDED, ended)


async def tell_of_narrowing(
    platform: Platform, connection: AsyncConnection, contact: Contact, event: Recorded
) -> None:
    """Of a yes that takes something back: which of the fields that were got, and a sooner end."""
    assert event.narrowing is not None  # noqa: S101 - `consent_effects.py`
    received = await _received(connection, contact, event)
    lost, until = event.narrowing.fields, event.narrowing.until
    if until is None:
        received = [each for each in received if each.fields & lost]
    had = frozenset[str]().union(*(each.fields for each in received))
    narrowed = {
        "fields": sorted(had & lost),
        "ends_at": None if until is None else until.isoformat(),
        "happened_at": event.at.isoformat(),
    }
    await _tell(platform, connection, contact, event, received, NARROWED, narrowed)


async def _received(
    connection: AsyncConnection, contact: Contact, event: Recorded
) -> list[Received]:
    return await disclosures.received(connection, event.subject_id, contact.id, event.purpose)


async def _tell(
    platform: Platform,
    connection: AsyncConnection,
    contact: Contact,
    event: Recorded,
    received: Iterable[Received],
    template: str,
    params: dict[str, Any],
) -> None:
    addresses = {each.sent_to or contact.email for each in received}
    if not addresses:
        return
    shared = {
        "recipient_name": contact.name,
        "reference": disclosures.reference(platform, event.subject_id, contact.id),
        "purpose_title": event.words.title[contact.language],
    }
    messages = [
        Message(
            template,
            address,
            contact.language,
            params=shared | params,
            key=f"{template}:{event.id}:{place}",
            customer_id=event.subject_id,
        )
        for place, address in enumerate(sorted(addresses | {contact.email}))
    ]
    await outbox.queue(platform, connection, *messages)
