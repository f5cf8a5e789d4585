"""What customers say at the same moment: one transaction for all of them, set by set.

Each event has its place in its own account's ledger, and each caller is answered for their own: a
refusal touches nobody else. Whoever is answered 201 was committed before, as ever. What one account
says is written in the order in which it came: a no that follows a yes is the last word.
"""

from collections.abc import Sequence
from typing import Final

from app.core.database import LOST, unavailable
from app.core.errors import Failure
from app.core.gathering import Apart
from app.services import consent_answers, consent_effects, consent_ledger, derived_data
from app.services.consent_sayings import Recorded, Saying, Statement
from app.services.platform import Platform

SAY: Final = "customer:consent:record"
AT_ONCE: Final = 2
"""Groups at the same time: while the database works for one, we do for the other."""
LINGER: Final = 20
"""Turns of the event loop: a microsecond each where nobody else is there, and where somebody is,
the time that it takes to hear them."""
PATIENCE: Final = 0.25
"""Seconds that a group waits for an account whose ledger somebody else holds."""


async def say(platform: Platform, saying: Saying) -> bytes:
    """The event of a statement that is about no third party, as its customer sees it, as JSON.

    Raises `Failure` as `consent_ledger.record` does.
    """
    async with platform.turns.of((SAY, saying.statement.subject_id)):
        if not _takes_long(saying.statement):
            try:
                return await platform.gatherings.share(
                    _say_together, (platform, saying), AT_ONCE, LINGER
                )
            except Apart:  # one of them was in the way, who must not be in the way of others
                pass
        [answer] = await _say(platform, [saying])
    if isinstance(answer, Failure):
        raise answer
    return answer


def _takes_long(statement: Statement) -> bool:
    """A no that erases what was gathered for a year."""
    return not statement.granted and derived_data.is_kept_for(statement.purpose)


async def _say_together(group: Sequence[tuple[Platform, Saying]]) -> Sequence[bytes | Failure]:
    platform = group[0][0]
    try:
        return await _say(platform, [saying for _, saying in group], patience=PATIENCE)
    except Failure as failure:
        if failure.code == "database_unavailable" and isinstance(failure.__cause__, LOST):
            return [unavailable() for _ in group]  # whether it was committed, nobody knows
        raise


async def _say(
    platform: Platform, sayings: Sequence[Saying], patience: float | None = None
) -> list[bytes | Failure]:
    async with platform.database.driven(patience=patience) as transaction:
        results = await consent_ledger.record_all(platform, transaction, sayings)
        events = [
            (saying.actor, event)
            for saying, event in zip(sayings, results, strict=True)
            if isinstance(event, Recorded)
        ]
        await consent_effects.follow(platform, transaction, *(event for _, event in events))
        shown = await consent_answers.show_each(platform, transaction, SAY, events)
    return [result if isinstance(result, Failure) else shown[result.id] for result in results]
