"""Yeses that ended by themselves: their time passed, or the words in force keep none to theirs.

`consents.allows` says no from that moment on, the ledger soon after. Newer words may end a million
at once: they are found some at a time on an index, each ends in a transaction of its own, and
whoever is interrupted goes on where the ledger stands.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from app.models import ConsentState
from app.services import consent_effects, consent_ledger, purposes
from app.services.platform import Platform
from app.services.system import operator

AT_ONCE: Final = 200
"""Ended yeses that are looked up at a time; each has a transaction of its own."""


async def work(platform: Platform) -> int:
    """Write each yes that has expired into the ledger, with what follows; how many there were.

    Any number of workers may do it at once: the second finds that nothing is left to be written.
    """
    now = platform.clock()
    written = await _write(platform, ConsentState.expires_at <= now, by=ConsentState.expires_at)
    async with platform.database.snapshot() as connection:
        demands = await purposes.counting(connection, now)
    for words in demands:
        of_older = ConsentState.purpose_version < words.kept_from
        named = ConsentState.purpose == words.key
        written += await _write(platform, named, of_older, by=ConsentState.purpose_version)
    return written


async def _write(
    platform: Platform, *conditions: ColumnElement[bool], by: InstrumentedAttribute[Any]
) -> int:
    written = 0
    # Written out, not bound: so that the planner sees that a partial index will do.
    stands = ConsentState.state == literal("granted", literal_execute=True)
    ended = select(ConsentState.id).where(stands, *conditions).order_by(by).limit(AT_ONCE)
    while True:
        async with platform.database.snapshot() as connection:
            found = (await connection.execute(ended)).scalars().all()
        for event_id in found:
            async with platform.database.transaction() as connection:
                event = await consent_ledger.lapse(platform, connection, operator(), event_id)
                if event is not None:
                    await consent_effects.follow(platform, connection, event)
                    written += 1
        if len(found) < AT_ONCE:
            return written
