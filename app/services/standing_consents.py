"""Which consents of one subject stand: `consents.allows` for all purposes at once.

For services that have to ask within the transaction of what they do, after `lock`: whoever takes a
consent back waits until that is done, and then erases it; or was first, and it is not done.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Select, Uuid, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import OURSELVES
from app.core.columns import UtcDateTime
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentState, ConsentSubject, Customer, Purpose
from app.services.platform import Platform


async def standing(platform: Platform, subject_id: UUID) -> frozenset[str]:
    """The purposes for which the agency itself has the subject's consent at this moment."""
    statement = _prepared(platform.database.dialect)
    values = {"subject": subject_id, "now": platform.clock()}
    return frozenset(purpose for (purpose,) in await platform.database.fetch(statement, values))


async def standing_within(
    connection: AsyncConnection, subject_id: UUID, now: datetime
) -> frozenset[str]:
    """The same, asked of the caller's transaction."""
    found = await connection.execute(_STANDING, {"subject": subject_id, "now": now})
    return frozenset(found.scalars())


async def lock(connection: AsyncConnection, *subjects: UUID) -> None:
    """Keep everybody else from saying anything for the subjects until the transaction ends."""
    for subject in sorted(subjects):  # in one order: else two could wait for each other
        statement = select(ConsentSubject.id).where(ConsentSubject.id == subject)
        await connection.execute(statement.with_for_update())


def _standing() -> Select[Any]:
    now = bound("now", UtcDateTime())
    kept_from = (
        select(Purpose.consent_kept_from)
        .where(Purpose.key == ConsentState.purpose, Purpose.published_at <= now)
        .order_by(Purpose.version.desc())
        .limit(1)
        .correlate(ConsentState)
        .scalar_subquery()
    )
    return select(ConsentState.purpose).where(
        ConsentState.subject_id == bound("subject", Uuid()),
        ConsentState.recipient_id == OURSELVES,
        ConsentState.state == "granted",
        ConsentState.purpose_version >= kept_from,
        or_(ConsentState.expires_at.is_(None), ConsentState.expires_at > now),
        ~exists().where(Customer.id == ConsentState.subject_id, Customer.closed_at.is_not(None)),
    )


_STANDING = _standing()


@lru_cache(maxsize=4)
def _prepared(dialect: Dialect) -> Prepared:
    return prepare(_STANDING, dialect)
