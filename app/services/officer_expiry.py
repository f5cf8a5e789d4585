"""The end of an officer's year: reminders before it, and at it no more entry.

The session watch lets nobody in past `valid_until` anyway; this writes it down and says so.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update

from app.models import Officer
from app.services import officer_mails, outbox, sessions
from app.services.audit_log import Deed
from app.services.officer_mails import Addressee
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.system import operator

ACTION: Final = "system:officer:expire"
END_REASON: Final = "officer_expired"
REMINDED_DAYS: Final = (7, 30)
"""Days before the end at which officers are reminded; the nearest first."""
AT_ONCE: Final = 100


async def work(platform: Platform) -> None:
    """Expire whoever is past their year, and remind those who are near its end, once each."""
    while await _expire(platform):
        pass
    await _remind(platform)


async def _expire(platform: Platform) -> bool:
    """Some of them; whether there may be more."""
    now = platform.clock()
    over = (
        _in_office()
        .where(Officer.valid_until <= now)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ended = []
    async with platform.database.transaction() as connection:
        found = (await connection.execute(over)).all()
        for row in found:
            await connection.execute(
                update(Officer).where(Officer.id == row.id).values(status="expired")
            )
            owner = Owner("officer", row.id)
            ended += await sessions.end_all(platform, connection, END_REASON, owner)
            message = officer_mails.changed(
                platform, _addressee(row), "expired", valid_until=row.valid_until
            )
            await outbox.queue(platform, connection, message)
            deed = Deed(
                ACTION, subject_type="officer", subject_id=row.id, fields=("status",), rows=1
            )
            await platform.audit.add(connection, operator(), deed)
    platform.sessions.forget(*ended)
    return len(found) == AT_ONCE


async def _remind(platform: Platform) -> None:
    now = platform.clock()
    soon = _in_office().where(
        Officer.valid_until > now,
        Officer.valid_until <= now + timedelta(days=max(REMINDED_DAYS)),
    )
    async with platform.database.snapshot() as connection:
        found = (await connection.execute(soon)).all()
    messages = [
        officer_mails.expiring(
            _addressee(row),
            row.valid_until,
            next(days for days in REMINDED_DAYS if row.valid_until <= now + timedelta(days=days)),
        )
        for row in found
    ]
    if messages:
        async with platform.database.transaction() as connection:
            await outbox.queue(platform, connection, *messages)


def _in_office() -> Any:
    return (
        select(Officer.id, Officer.email, Officer.name, Officer.language, Officer.valid_until)
        .where(Officer.status == "active")
        .order_by(Officer.valid_until, Officer.id)
    )


def _addressee(row: Any) -> Addressee:
    return Addressee(row.id, row.email, row.name, row.language)
