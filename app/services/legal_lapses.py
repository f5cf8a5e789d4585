"""Requests that lapse: the sender owes information, or never took the answer.

Nothing lapses unheard: the sender is told `TOLD_AHEAD` before, and where that was missed (nobody
worked, say), it lapses so long after it was made up for. Where no sender may be told (what came on
paper has none at the door, and an officer may be out of office) the desk is, which writes to them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.access.legal_workflow import State
from app.core.language import DEFAULT
from app.models import LegalRequest
from app.services import legal_letters, legal_steps, outbox, privacy_desk
from app.services.audit_log import Deed
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.system import operator

LAPSE: Final = "lapse"
TELL: Final = "system:legal_request:tell_lapse"
TO_SENDER: Final = "legal_request_lapses"
TO_DESK: Final = "legal_request_lapses_on_paper"
AFTER: Final[Mapping[State, timedelta]] = {
    State.INFORMATION_REQUESTED: timedelta(days=15),
    State.DELIVERED: timedelta(days=30),
}
"""How long a request may stay in a state in which the sender has to do something."""
TOLD_AHEAD: Final = timedelta(days=3)
AT_ONCE: Final = 100


async def work(platform: Platform) -> None:
    """Tell whose requests lapse soon, and let those lapse of which it was told in time."""
    while await _tell(platform):
        pass
    await _lapse(platform)


async def _tell(platform: Platform) -> bool:
    """Some of them; whether there may be more."""
    now = platform.clock()
    chosen = (
        select(
            LegalRequest.id,
            LegalRequest.reference,
            LegalRequest.officer_id,
            LegalRequest.status,
            LegalRequest.status_at,
        )
        .where(_since(now, TOLD_AHEAD), ~_told())
        .order_by(LegalRequest.status_at, LegalRequest.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    async with platform.database.transaction() as connection:
        found = [dict(row) for row in (await connection.execute(chosen)).mappings()]
        for request in found:
            after = request["status_at"] + AFTER[State(request["status"])]
            lapses_at = max(after, now + TOLD_AHEAD)
            params = {"reference": request["reference"], "lapses_at": lapses_at.isoformat()}
            messages = [
                Message(
                    TO_SENDER,
                    row.email,
                    row.language,
                    params={**params, "name": row.name, "state": request["status"]},
                    officer_id=row.id,
                )
                for row in await legal_letters.senders(platform, connection, request)
            ] or [
                Message(TO_DESK, row.email, DEFAULT, params=params, staff_id=row.id)
                for row in await privacy_desk.addressees(connection)
            ]
            await outbox.queue(platform, connection, *messages)
            await connection.execute(
                update(LegalRequest)
                .where(LegalRequest.id == request["id"])
                .values(lapse_told_at=now)
            )
            await platform.audit.add(connection, operator(), _deed(request["id"]))
    return len(found) == AT_ONCE


async def _lapse(platform: Platform) -> None:
    """Each in a transaction of its own: what cannot lapse keeps no other from it."""
    now = platform.clock()
    chosen = (
        select(LegalRequest.id)
        .where(_since(now), _told(), LegalRequest.lapse_told_at <= now - TOLD_AHEAD)
        .order_by(LegalRequest.status_at, LegalRequest.id)
    )
    async with platform.database.snapshot() as connection:
        due = (await connection.execute(chosen)).scalars().all()
    for request_id in due:
        async with platform.database.transaction() as connection:
            await legal_steps.advance_by_system(platform, connection, operator(), request_id, LAPSE)


def _since(now: datetime, ahead: timedelta = timedelta()) -> ColumnElement[bool]:
    """What lapses within so long, as far as its days go."""
    return or_(
        *(
            and_(
                LegalRequest.status == state.value,
                LegalRequest.status_at <= now + ahead - after,
            )
            for state, after in AFTER.items()
        )
    )


def _told() -> ColumnElement[bool]:
    """Since the request came into its state, and not of an earlier stay in one."""
    return and_(
        LegalRequest.lapse_told_at.is_not(None),
        LegalRequest.lapse_told_at >= LegalRequest.status_at,
    )


def _deed(request_id: UUID) -> Deed:
    return Deed(
        TELL,
        subject_type="legal_request",
        subject_id=request_id,
        fields=("lapse_told_at",),
        rows=1,
    )
