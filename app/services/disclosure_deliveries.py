"""What became of each disclosure: made is not yet sent, and what was sent may not have arrived.

The outbox alone knows, and keeps these mails for as long as the ledger keeps their entries; an
entry itself never changes. Whoever sees a disclosure is told in one word, and of its mail nothing
else.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.statements import among
from app.models import Disclosure, OutboxMessage
from app.projection.plans import View
from app.projection.projection import Page
from app.services.platform import Platform

WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("queued", "sending", "deferred"), "waiting"),
    "sent": "sent",
    "bounced": "bounced",
    "abandoned": "abandoned",
    "suppressed": "held_back",
}
"""By the state of the mail: the third party's server took it, refused it, could not be reached for
as long as we try; or we did not send it, as the consent ended, the third party was retired, or it
moved to another address."""
UNKNOWN: Final = "unknown"
"""The word where no mail carries the document, or it was forgotten before the ledger kept it."""


async def told(connection: AsyncConnection, view: View) -> View:
    """A disclosure as it leaves: with what became of it."""
    return _told(view, await _words(connection, [view["id"]]))


async def all_told(platform: Platform, page: Page) -> Page:
    """`told` of each disclosure of a page."""
    if not page.items:
        return page
    async with platform.database.snapshot() as connection:
        words = await _words(connection, [item["id"] for item in page.items])
    return Page([_told(item, words) for item in page.items], page.next_cursor)


def _told(view: View, words: Mapping[UUID, str]) -> View:
    return View({**view, "delivery": words.get(view["id"], UNKNOWN)})


async def _words(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    word = case(WORDS, value=OutboxMessage.state).label("word")
    statement = (
        select(Disclosure.id, word)
        .join_from(OutboxMessage, Disclosure, OutboxMessage.id == Disclosure.message_id)
        .where(among(Disclosure.id, ids, connection.dialect))
    )
    return {row.id: row.word for row in await connection.execute(statement)}
