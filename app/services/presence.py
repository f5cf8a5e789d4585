"""Proof of presence: sensitive deeds want to know that the holder of the session is there now."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure
from app.core.statements import bound
from app.models import Session
from app.services.platform import Platform

FRESH = timedelta(minutes=5)
_SKEW = timedelta(seconds=60)
"""How far another replica's clock may be ahead."""

_PROVED = select(Session.proved_at).where(
    Session.id == bound("session", Session.id.type), Session.ended_at.is_(None)
)


async def require_presence(platform: Platform, connection: AsyncConnection, actor: Actor) -> None:
    """Raise `Failure("step_up_required")` unless the caller proved to be there lately (RFC 9470).

    The session's row is asked, never memory: a proof counts at once on every replica, and one of
    the future (a clock was set back since) counts for nothing.
    """
    row = (await connection.execute(_PROVED, {"session": actor.session_id})).first()
    now = platform.clock()
    proved = None if row is None else row.proved_at
    if proved is None or not now - FRESH < proved <= now + _SKEW:
        raise Failure("step_up_required")
