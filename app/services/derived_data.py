"""What was derived from people's data for one purpose, and who erases it when that ends.

Whoever keeps a table of such data adds its eraser here, under the purpose that it rests on. An
eraser only takes away, in the caller's transaction, and asks for no consent itself. An empty tuple
says that nothing is derived yet: marketing keeps no profiles so far, cookies that hold preferences
are the browser's own, and what third parties got is theirs to erase (`consent_effects.py` asks them
to).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import (
    ANALYTICS,
    COOKIES_ANALYTICS,
    COOKIES_MARKETING,
    COOKIES_PREFERENCES,
    MARKETING,
    THIRD_PARTY_SHARING,
)
from app.services import visitor_traces

Eraser = Callable[[AsyncConnection, UUID], Awaitable[None]]
"""Deletes what was derived of one subject."""

ERASERS: Final[Mapping[str, tuple[Eraser, ...]]] = {
    MARKETING: (),
    ANALYTICS: (visitor_traces.erase_joined,),
    COOKIES_ANALYTICS: (visitor_traces.erase_visits,),
    COOKIES_MARKETING: (visitor_traces.erase_campaigns,),
    COOKIES_PREFERENCES: (),
    THIRD_PARTY_SHARING: (),
}

OUTLIVES_A_LAPSE: Final = frozenset({COOKIES_ANALYTICS, COOKIES_MARKETING})
"""Where a yes that merely runs out, unlike a no, leaves what is there for as long as its purpose
promises: what a browser decided counts for six months, what was measured is kept for thirteen."""


async def erase(
    connection: AsyncConnection, purpose: str, subject_id: UUID, *, lapsed: bool = False
) -> None:
    """Delete all that was derived of the subject for the purpose.

    `lapsed`: nobody said no, the time of the yes is over.
    """
    if lapsed and purpose in OUTLIVES_A_LAPSE:
        return
    for eraser in ERASERS.get(purpose, ()):
        await eraser(connection, subject_id)
