"""The one question that every use of data asks: may it be used for this (LGPD arts. 7 and 8)?"""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Select, String, Subquery, Uuid, func, literal, select, true

from app.access.processing import CONSENT, OURSELVES
from app.core.columns import UtcDateTime
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentEvent, ConsentState, Purpose
from app.services.platform import Platform


async def allows(
    platform: Platform,
    subject_id: UUID,
    purpose: str,
    *,
    recipient_id: UUID | None = None,
    fields: Collection[str] = (),
    at: datetime | None = None,
) -> bool:
    """Whether `fields` (as the matrix names them) of the subject may be used for the purpose.

    `recipient_id` is the third party that would get them, None for the agency itself; `at` a moment
    of the past, None for now. One look-up on an index. What is in doubt is a no: a purpose that is
    not in force, fields beyond it, a consent that was never given, is to older words than still
    count, for another recipient, for fewer fields, or has expired. To a third party nothing goes
    without a consent, whatever the purpose rests on (promise P20).
    """
    now = platform.clock() if at is None else at
    statement = (
        _standing(platform.database.dialect) if at is None else _stood(platform.database.dialect)
    )
    rows = await platform.database.fetch(
        statement,
        {
            "purpose": purpose,
            "now": now,
            "subject": subject_id,
            "recipient": recipient_id or OURSELVES,
        },
    )
    if not rows:
        return False
    basis, withdrawable, covered, kept_from, state, version, consented, expires_at = rows[0]
    wanted = set(fields)
    if not wanted <= set(covered):
        return False
    if recipient_id is None and basis != CONSENT:
        return not (withdrawable and state in {"denied", "withdrawn"})
    return (
        state == "granted"
        and version >= kept_from
        and (expires_at is None or expires_at > now)
        and (consented is None or wanted <= set(consented))
    )


@lru_cache(maxsize=4)
def _standing(dialect: Dialect) -> Prepared:
    """What the question needs to know about now."""
    said = select(ConsentState).where(
        ConsentState.subject_id == bound("subject", Uuid()),
        ConsentState.purpose == bound("purpose", String()),
        ConsentState.recipient_id == bound("recipient", Uuid()),
    )
    return prepare(_asked(said.subquery("said")), dialect)


@lru_cache(maxsize=4)
def _stood(dialect: Dialect) -> Prepared:
    """The same about a moment of the past: from the ledger."""
    said = (
        select(ConsentEvent)
        .where(
            ConsentEvent.subject_id == bound("subject", Uuid()),
            ConsentEvent.purpose == bound("purpose", String()),
            func.coalesce(ConsentEvent.recipient_id, literal(OURSELVES, Uuid()))
            == bound("recipient", Uuid()),
            ConsentEvent.at <= bound("now", UtcDateTime()),
        )
        .order_by(ConsentEvent.sequence.desc())
        .limit(1)
    )
    return prepare(_asked(said.subquery("said")), dialect)


def _asked(said: Subquery) -> Select[Any]:
    return (
        select(
            Purpose.basis,
            Purpose.withdrawable,
            Purpose.fields,
            Purpose.consent_kept_from,
            said.c.state,
            said.c.purpose_version,
            said.c.fields,
            said.c.expires_at,
        )
        .outerjoin_from(Purpose, said, true())
        .where(
            Purpose.key == bound("purpose", String()),
            Purpose.published_at <= bound("now", UtcDateTime()),
        )
        .order_by(Purpose.version.desc())
        .limit(1)
    )
