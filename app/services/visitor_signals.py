"""Global Privacy Control: a browser's ``Sec-GPC: 1`` is a no to all that is not necessary.

* The signal wins for the very request that brings it: nothing is allowed, stored or joined then.
* It is also put on the ledger as a refusal of every purpose that visitors are asked for, unless a
  no that was said by the signal, or under it, is the last word already. So whatever yes was said
  since the last signal is taken back by the next one, and what hung on it is erased.
* A yes that is said *while* the browser sends the signal is kept as what was said, and taken back
  by the signal in the same transaction: it never comes to count. Consent has to be unequivocal, and
  that it is falls to us to prove (LGPD art. 5, XII; art. 8, §2); of two contradicting signs the
  more protective one is followed. The signal's own specification leaves it to local law whether a
  site may be told otherwise (explainer, 6.4). Whoever means yes turns the signal off for this site,
  which browsers offer, and says it again.
* Once the signal is gone its no stands until something else is said, as any no.

A browser that stops and resumes sending without having said anything in between gets no further
event: the no of the signal stood all the while.
"""

from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import Dialect, Uuid, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.processing import ASKED_OF_VISITORS, OURSELVES
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentEvent, ConsentState
from app.services import consent_effects, consent_ledger
from app.services.consent_sayings import Statement
from app.services.platform import Platform
from app.services.standing_consents import lock

SIGNAL: Final = "Sec-GPC"
EVIDENCE: Final = {"signal": SIGNAL}
DESPITE: Final = {"despite": SIGNAL}
"""The evidence of a choice that somebody made while their browser sent the signal."""

_REFUSED: Final = (
    select(ConsentState.purpose)
    .join(ConsentEvent, ConsentEvent.id == ConsentState.id)
    .where(
        ConsentState.subject_id == bound("subject", Uuid()),
        ConsentState.recipient_id == OURSELVES,
        ConsentState.state.in_(("denied", "withdrawn")),
        or_(
            ConsentEvent.evidence["signal"].as_string() == SIGNAL,
            ConsentEvent.evidence["despite"].as_string() == SIGNAL,
        ),
    )
)
"""The purposes whose last word is a no under the signal."""


async def note(platform: Platform, actor: Actor, visitor_id: UUID) -> None:
    """Put the visitor's signal on the ledger for all purposes where it is not the last word."""
    statement = _prepared(platform.database.dialect)
    refused = await platform.database.fetch(statement, {"subject": visitor_id})
    if {purpose for (purpose,) in refused} >= ASKED_OF_VISITORS:
        return
    async with platform.database.transaction() as connection:
        await note_within(platform, connection, actor, visitor_id)


async def note_within(
    platform: Platform, connection: AsyncConnection, actor: Actor, visitor_id: UUID
) -> None:
    """The same in the caller's transaction. Of two at once the second finds it noted."""
    await lock(connection, visitor_id)
    refused = (await connection.execute(_REFUSED, {"subject": visitor_id})).scalars()
    for purpose in sorted(ASKED_OF_VISITORS.difference(refused)):
        refusal = Statement(
            subject_id=visitor_id,
            subject_kind="visitor",
            purpose=purpose,
            granted=False,
            channel="web",
            evidence=EVIDENCE,
        )
        event = await consent_ledger.record(platform, connection, actor, refusal)
        await consent_effects.follow(platform, connection, event)


@lru_cache(maxsize=4)
def _prepared(dialect: Dialect) -> Prepared:
    return prepare(_REFUSED, dialect)
