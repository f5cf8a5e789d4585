"""What was derived from people's data for one purpose, and how it is erased when that ends.

Whoever keeps a table of such data adds a statement here, under the purpose that it rests on; it
binds `subject`, and only takes away. An empty tuple says that nothing is derived yet: marketing
keeps no profiles so far, cookies that hold preferences are the browser's own, and what third
parties got is theirs to erase (`consent_effects.py` asks them to).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import UpdateBase

from app.access.processing import (
    ANALYTICS,
    COOKIES_ANALYTICS,
    COOKIES_MARKETING,
    COOKIES_PREFERENCES,
    MARKETING,
    THIRD_PARTY_SHARING,
)
from app.core.statements import prepare
from app.core.transactions import Transaction, run
from app.services import visitor_traces
from app.services.platform import Platform

ERASERS: Final[Mapping[str, tuple[UpdateBase, ...]]] = {
    MARKETING: (),
    ANALYTICS: (visitor_traces.JOINED,),
    COOKIES_ANALYTICS: (visitor_traces.VISITS,),
    COOKIES_MARKETING: (visitor_traces.CAMPAIGNS,),
    COOKIES_PREFERENCES: (),
    THIRD_PARTY_SHARING: (),
}
_prepare_once = lru_cache(maxsize=32)(prepare)

OUTLIVES_A_LAPSE: Final = frozenset({COOKIES_ANALYTICS, COOKIES_MARKETING})
"""Where a yes that merely runs out, unlike a no, leaves what is there for as long as its purpose
promises: what a browser decided counts for six months, what was measured is kept for thirteen."""


def is_kept_for(purpose: str) -> bool:
    """Whether something is derived for the purpose, so that a no has something to erase."""
    return bool(ERASERS.get(purpose))


async def erase(
    platform: Platform,
    transaction: Transaction,
    purpose: str,
    subject_id: UUID,
    *,
    lapsed: bool = False,
) -> None:
    """Erase all that was derived of the subject for the purpose.

    `lapsed`: nobody said no, the time of the yes is over.
    """
    if lapsed and purpose in OUTLIVES_A_LAPSE:
        return
    for eraser in ERASERS.get(purpose, ()):
        statement = _prepare_once(eraser, platform.database.dialect)
        await run(transaction, statement, {"subject": subject_id})
