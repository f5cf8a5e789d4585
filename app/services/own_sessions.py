"""One's own sessions: seeing them, ending one, ending all others. Whoever signs in."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import update

from app.access.actors import Actor
from app.core.errors import Refusal
from app.models import Session
from app.projection.projection import to_json
from app.services import access_records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.owners import door_of, owner_of
from app.services.platform import Platform
from app.services.sessions import end_all

RESOURCE: Final = "session"
END_REASON: Final = "ended_by_holder"


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> bytes:
    """The caller's living sessions as JSON, newest first; `current` is the one that asks.

    A customer's login sees those on all of its accounts. Raises as `find_page` does.
    """
    page, deed = await find_page(
        platform, actor, f"{door_of(actor)}:session:list", RESOURCE, parameters
    )
    await platform.audit.write(actor, deed)
    return to_json(
        {"items": page.items, "next_cursor": page.next_cursor, "current": actor.session_id}
    )


async def end_one(platform: Platform, actor: Actor, session_id: UUID) -> None:
    """End one of the caller's sessions, the current one too if it is named.

    Raises `Refusal("not_found")` for one that is not theirs, or lives no more.
    """
    action = f"{door_of(actor)}:session:end"
    require_grounds(actor, action)
    now = platform.clock()
    statement = (
        update(Session)
        .where(
            Session.id == session_id,
            owner_of(actor).owns(Session),
            Session.ended_at.is_(None),
            Session.expires_at > now,
        )
        .values(ended_at=now, end_reason=END_REASON)
        .returning(Session.id)
    )
    async with platform.database.transaction() as connection:
        if (await connection.execute(statement)).first() is None:
            raise Refusal("not_found", action=action, subject_type=RESOURCE, subject_id=session_id)
        deed = Deed(action, subject_type=RESOURCE, subject_id=session_id, rows=1)
        await platform.audit.add(connection, actor, deed)
        await access_records.note(
            platform, connection, actor, "session_ended", session_id=session_id
        )
    platform.sessions.forget(session_id)


async def end_others(platform: Platform, actor: Actor) -> None:
    """End all of the caller's sessions but the one that asks. None to end is no error."""
    action = f"{door_of(actor)}:session:end"
    require_grounds(actor, action)
    async with platform.database.transaction() as connection:
        ended = await end_all(
            platform, connection, END_REASON, owner_of(actor), but=actor.session_id
        )
        deed = Deed(action, subject_type=RESOURCE, rows=len(ended), subjects=ended)
        await platform.audit.add(connection, actor, deed)
        await access_records.note(platform, connection, actor, "session_ended")
    for session_id in ended:
        platform.sessions.forget(session_id)
