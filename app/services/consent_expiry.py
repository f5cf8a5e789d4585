"""Yeses whose time has passed: `consents.allows` says no at that moment, the ledger soon after."""

from typing import Final

from sqlalchemy import select

from app.models import ConsentState
from app.services import consent_effects, consent_ledger
from app.services.platform import Platform
from app.services.system import operator

AT_ONCE: Final = 200
"""Expired yeses that are looked up at a time; each has a transaction of its own."""


async def work(platform: Platform) -> int:
    """Write each yes that has expired into the ledger, with what follows; how many there were.

    Any number of workers may do it at once: the second finds that nothing is left to be written.
    """
    written = 0
    expired = (
        select(ConsentState.id)
        .where(ConsentState.expires_at <= platform.clock(), ConsentState.state == "granted")
        .order_by(ConsentState.expires_at)
        .limit(AT_ONCE)
    )
    while True:
        async with platform.database.snapshot() as connection:
            found = (await connection.execute(expired)).scalars().all()
        for event_id in found:
            async with platform.database.transaction() as connection:
                event = await consent_ledger.lapse(platform, connection, operator(), event_id)
                if event is not None:
                    await consent_effects.follow(platform, connection, event)
                    written += 1
        if len(found) < AT_ONCE:
            return written
