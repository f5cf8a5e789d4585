"""Reminding the desk of answers that are due, and telling the directors of those that are overdue.

Each step is told once to each, however often and by however many this is called: before the
deadline at the steps of `steps_before`, after it once a day, or once an hour where the law counts
in hours. It is quiet as soon as the request is answered, and while the sender owes something.
Letters name the reference and the deadline alone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_bases import BASES, Basis
from app.access.legal_workflow import UNANSWERED
from app.access.viewers import Viewer
from app.core import business_days
from app.core.business_days import ZONE
from app.core.language import DEFAULT
from app.models import LegalRequest, StaffMember
from app.services import outbox, privacy_desk
from app.services.outbox import Message
from app.services.platform import Platform

TEMPLATE: Final = "legal_request_due"
PARTS: Final = (2, 4)
"""Deadlines in hours: half of the time before them, and a quarter of it."""
BUSINESS_DAYS: Final = (5, 2, 1)
"""Deadlines in days: so many business days before them."""
FROM_HOUR: Final = 8
"""In America/Sao_Paulo: when the day's mails leave, but for deadlines in hours."""
AHEAD: Final = timedelta(days=21)
"""Five business days are never longer, whatever the holidays."""
_LEAST: Final = timedelta(hours=1)


async def remind(platform: Platform) -> None:
    """Queue what is to be told now and was not told before."""
    now = platform.clock()
    chosen = (
        select(
            LegalRequest.id,
            LegalRequest.reference,
            LegalRequest.kind,
            LegalRequest.basis,
            LegalRequest.submitted_at,
            LegalRequest.legal_due_at,
        )
        .where(
            LegalRequest.status.in_(sorted(state.value for state in UNANSWERED)),
            LegalRequest.submitted_at.is_not(None),
            LegalRequest.legal_due_at <= now + AHEAD,
        )
        .order_by(LegalRequest.legal_due_at, LegalRequest.id)
    )
    async with platform.database.snapshot() as connection:
        waiting = (await connection.execute(chosen)).all()
        told = [(row, step) for row in waiting if (step := step_of(row, now)) is not None]
        if not told:
            return
        desk = await privacy_desk.addressees(connection)
        directors = await _directors(connection)
    messages = [
        _message(row, step, person)
        for row, step in told
        for person in _once(*desk, *(directors if row.legal_due_at < now else ()))
    ]
    async with platform.database.transaction() as connection:
        await outbox.queue(platform, connection, *messages)


def step_of(request: Any, now: datetime) -> str | None:
    """The step at which a request stands now, or None while nothing is to be told of it.

    One name for each time that somebody is told: of several that have passed, the last.
    """
    basis, due = BASES[request.basis], request.legal_due_at
    if due < now:
        return _overdue(basis, due, now)
    passed = [
        name for name, at in steps_before(basis, request.submitted_at, due).items() if at <= now
    ]
    return passed[-1] if passed else None


def steps_before(basis: Basis, received_at: datetime, due: datetime) -> Mapping[str, datetime]:
    """When the desk is reminded of a deadline, the first step first.

    Of a time cut short by the sender's own deadline, the parts are taken of what there is.
    """
    if basis.hours is not None:
        whole = max(min(timedelta(hours=basis.hours), due - received_at), _LEAST)
        return {f"1/{part}": due - whole / part for part in PARTS}
    last = due.astimezone(ZONE).date()
    return {
        f"{days}d": datetime.combine(
            business_days.day_before(last, days), time(FROM_HOUR), ZONE
        ).astimezone(UTC)
        for days in BUSINESS_DAYS
    }


def _overdue(basis: Basis, due: datetime, now: datetime) -> str | None:
    """By the hour, or by the day from the morning on."""
    if basis.hours is not None:
        return f"+{(now - due) // timedelta(hours=1)}h"
    local = now.astimezone(ZONE)
    return f"+{local:%Y-%m-%d}" if local.hour >= FROM_HOUR else None


async def _directors(connection: AsyncConnection) -> Sequence[Any]:
    chosen = select(StaffMember.id, StaffMember.email).where(
        StaffMember.role == Viewer.DIRECTOR.value, StaffMember.status == "active"
    )
    return (await connection.execute(chosen)).all()


def _once(*people: Any) -> list[Any]:
    """Each of them once: where nobody is privacy officer, the directors are the desk."""
    return list({person.id: person for person in people}.values())


def _message(request: Any, step: str, person: Any) -> Message:
    due = request.legal_due_at
    return Message(
        TEMPLATE,
        person.email,
        DEFAULT,
        params={
            "reference": request.reference,
            "due_at": due.isoformat(),
            "is_overdue": step.startswith("+"),
            "emergency": request.kind == "emergency",
        },
        key=f"{TEMPLATE}:{request.id}:{due:%Y%m%d%H%M%S}:{step}:{person.id}",
        staff_id=person.id,
    )
