"""Global Privacy Control: a browser's ``Sec-GPC: 1`` is a no to all that is not necessary.

It is put on the ledger once for each visitor, as if they had refused every purpose that visitors
are asked for. From then on it counts as any other no: a yes that was said *afterwards* is the later
word, and stands. But while the browser still sends the signal nothing is stored on the strength of
that yes: of two contradicting signs the more protective one is followed, and the yes comes to count
once the signal is no longer sent.
"""

from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import Dialect, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.processing import ASKED_OF_VISITORS
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentEvent
from app.services import consent_effects, consent_ledger
from app.services.consent_ledger import Statement
from app.services.platform import Platform
from app.services.standing_consents import lock

SIGNAL: Final = "Sec-GPC"
EVIDENCE: Final = {"signal": SIGNAL}
DESPITE: Final = {"despite": SIGNAL}
"""The evidence of a choice that somebody made while their browser sent the signal."""

_NOTED: Final = (
    select(ConsentEvent.id)
    .where(
        ConsentEvent.subject_id == bound("subject", Uuid()),
        ConsentEvent.evidence["signal"].as_string() == SIGNAL,
    )
    .limit(1)
)


async def note(platform: Platform, actor: Actor, visitor_id: UUID) -> None:
    """Put the visitor's signal on the ledger, unless it is there already."""
    statement = _prepared(platform.database.dialect)
    if await platform.database.fetch(statement, {"subject": visitor_id}):
        return
    async with platform.database.transaction() as connection:
        await note_within(platform, connection, actor, visitor_id)


async def note_within(
    platform: Platform, connection: AsyncConnection, actor: Actor, visitor_id: UUID
) -> None:
    """The same in the caller's transaction. Of two at once the second finds it noted."""
    await lock(connection, visitor_id)
    if (await connection.execute(_NOTED, {"subject": visitor_id})).first() is not None:
        return
    for purpose in sorted(ASKED_OF_VISITORS):
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
    return prepare(_NOTED, dialect)
