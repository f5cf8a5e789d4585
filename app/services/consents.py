"""The one question that every use of data asks: may it be used for this (LGPD arts. 7 and 8)?"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Select, String, Subquery, Uuid, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import CONSENT, OURSELVES
from app.core.columns import UtcDateTime
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentEvent, ConsentState, Customer, Purpose, Recipient
from app.services.platform import Platform


async def allows(
    platform: Platform,
    subject_id: UUID,
    purpose: str,
    *,
    recipient_id: UUID | None = None,
    fields: Collection[str] = (),
    at: datetime | None = None,
    connection: AsyncConnection | None = None,
) -> bool:
    """Whether `fields` (as the matrix names them) of the subject may be used for the purpose.

    `recipient_id` is the third party that would get them, None for the agency itself; `at` a moment
    of the past, None for now; a `connection` has the question asked in its transaction. One look-up
    on an index. What is in doubt is a no: a purpose that is not in force, fields beyond it, a
    consent that was never given, is to older words than still count, for another recipient, for
    fewer fields, or has expired. To a third party nothing goes without a consent, whatever the
    purpose rests on (promise P20), and nothing at all once it is retired. A closed account's
    consents count no more.
    """
    now = platform.clock() if at is None else at
    values = {
        "purpose": purpose,
        "now": now,
        "subject": subject_id,
        "recipient": recipient_id or OURSELVES,
    }
    past = at is not None
    rows: Sequence[Sequence[Any]]
    if connection is not None:
        rows = (await connection.execute(_question(past=past), values)).all()
    else:
        rows = await platform.database.fetch(asked(platform.database.dialect, past=past), values)
    if not rows:
        return False
    found = rows[0]
    basis, withdrawable, covered, kept_from, retired_at, closed_at = found[:6]
    state, version, consented, expires_at = found[6:]
    wanted = set(fields)
    if not wanted <= set(covered) or (retired_at is not None and retired_at <= now):
        return False
    if recipient_id is None and basis != CONSENT:
        return not (withdrawable and state in {"denied", "withdrawn"})
    return (
        state == "granted"
        and (closed_at is None or closed_at > now)
        and version >= kept_from
        and (expires_at is None or expires_at > now)
        and (consented is None or wanted <= set(consented))
    )


@lru_cache(maxsize=4)
def asked(dialect: Dialect, *, past: bool) -> Prepared:
    """The one statement that the answer takes."""
    return prepare(_question(past=past), dialect)


@lru_cache(maxsize=2)
def _question(*, past: bool) -> Select[Any]:
    """All that the answer depends on: the purpose in force, the third party, what was said."""
    said = _stood() if past else _standing()
    retired_at = (
        select(Recipient.retired_at)
        .where(Recipient.id == bound("recipient", Uuid()))
        .scalar_subquery()
    )
    closed_at = (
        select(Customer.closed_at).where(Customer.id == bound("subject", Uuid())).scalar_subquery()
    )
    return (
        select(
            Purpose.basis,
            Purpose.withdrawable,
            Purpose.fields,
            Purpose.consent_kept_from,
            retired_at.label("retired_at"),
            closed_at.label("closed_at"),
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


def _standing() -> Subquery:
    """What stands now."""
    return (
        select(ConsentState)
        .where(
            ConsentState.subject_id == bound("subject", Uuid()),
            ConsentState.purpose == bound("purpose", String()),
            ConsentState.recipient_id == bound("recipient", Uuid()),
        )
        .subquery("said")
    )


def _stood() -> Subquery:
    """What stood at a moment of the past: from the ledger."""
    return (
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
        .subquery("said")
    )
