"""Letters about a legal request: to whoever sent it when the desk moves, and the other way round.

They name the reference, the step and the words said with it; what was asked, and about whom, stands
at the doors, behind a second factor.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.language import DEFAULT
from app.core.messages.legal import DEEDS, STATES
from app.models import Agency, LegalColleague, Officer
from app.services import outbox, privacy_desk
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.session_watch import officers_in_office

TO_SENDER: Final = "legal_request_moved"
TO_DESK: Final = "legal_request_waits"
TOLD_TO_DESK: Final = frozenset({"submit", "inform", "withdraw", "appeal"})
"""Deeds of the sender's that somebody at the desk must look at."""
UNTOLD: Final = frozenset({"begin", "confirm", "forward", "return", "collected", "check"})
"""Deeds within the agency: the sender learns of where they lead."""


async def tell(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """Queue the letters of one step, in its own transaction."""
    if step["deed"] in TOLD_TO_DESK:
        await _tell_desk(platform, connection, request, step)
    elif step["actor_kind"] != "officer" and step["deed"] not in UNTOLD:
        await _tell_sender(platform, connection, request, step)


async def senders(
    platform: Platform, connection: AsyncConnection, request: Mapping[str, Any]
) -> Sequence[Any]:
    """Id, name, e-mail and language of whoever acts for a request at the authorities' door.

    The officer who sent it first, then the colleagues on it, as far as the door would let them in
    now: whoever was suspended, whose year is over, or whose agency is suspended learns nothing more
    of a request, not even that it moved. Nobody for what came on paper, which is answered on paper.
    """
    others = select(LegalColleague.officer_id).where(LegalColleague.request_id == request["id"])
    chosen = (
        select(Officer.id, Officer.name, Officer.email, Officer.language)
        .join(Agency, Agency.id == Officer.agency_id)
        .where(
            or_(Officer.id == request["officer_id"], Officer.id.in_(others)),
            *officers_in_office(),
        )
        .order_by(Officer.id != request["officer_id"], Officer.id)
    )
    return (await connection.execute(chosen, {"now": platform.clock()})).all()


async def _tell_desk(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    messages = [
        Message(
            TO_DESK,
            row.email,
            DEFAULT,
            params={
                "reference": request["reference"],
                "deed": DEEDS[step["deed"]],
                "emergency": request["kind"] == "emergency",
                "due_at": request["legal_due_at"].isoformat(),
            },
            key=f"{TO_DESK}:{step['id']}:{row.id}",
            staff_id=row.id,
        )
        for row in await privacy_desk.addressees(connection)
    ]
    await outbox.queue(platform, connection, *messages)


async def _tell_sender(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    messages = [
        Message(
            TO_SENDER,
            row.email,
            row.language,
            params={
                "name": row.name,
                "reference": request["reference"],
                "state": STATES[step["to"]][row.language],
                "article": step["article"] or "",
                "message": step["message"] or "",
            },
            key=f"{TO_SENDER}:{step['id']}:{row.id}",
        )
        for row in await senders(platform, connection, request)
    ]
    await outbox.queue(platform, connection, *messages)
