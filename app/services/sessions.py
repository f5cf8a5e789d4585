"""Opening and ending sessions. Renewing their tokens is in `renewals.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.ids import new_id
from app.models import RefreshToken, Session, table_of
from app.security.opaque import new_opaque_token
from app.services import access_records
from app.services.audit_log import Deed
from app.services.owners import DOORS, Door, Kind, Owner
from app.services.platform import Platform
from app.services.session_watch import LiveSession

# Made once, and on the tables: making a statement costs as much as running it.
_OPEN = insert(table_of(Session))
KEEP = insert(table_of(RefreshToken))
"""Takes what `kept` makes."""
HOLDERS: Final[Mapping[Door, Kind]] = {door: kind for kind, door in DOORS.items()}
"""Whose the sessions of each kind are."""
_TOKENS_KEPT = timedelta(days=7)
_LOOKED_BACK = timedelta(days=30)
_SESSIONS_KEPT = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a session is opened for: a staff member, an officer, or a login acting for one customer.

    `kind` is that of the session.
    """

    kind: Door
    id: UUID
    viewer: Viewer
    customer_id: UUID | None = None

    @property
    def owner(self) -> Owner:
        """The human."""
        return Owner(HOLDERS[self.kind], self.id)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets: an access token for minutes, a refresh token to be used once.

    `session_id` is the session that both belong to; `notices` are codes of what the holder should
    be told, at a sign-in.
    """

    access_token: str
    refresh_token: str
    expires_in: int
    session_id: UUID
    notices: tuple[str, ...] = ()


async def open_session(
    platform: Platform,
    connection: AsyncConnection,
    holder: Holder,
    caller: Actor,
    factors: tuple[str, ...],
) -> tuple[UUID, Tokens]:
    """A new session with its first pair of tokens.

    `caller` tells from where, `factors` by what the holder proved to be there just now.
    """
    session_id = new_id()
    now = platform.clock()
    lifetime = timedelta(days=platform.settings.refresh_token_days)
    await connection.execute(
        _OPEN,
        {
            "id": session_id,
            "kind": holder.kind,
            **holder.owner.columns,
            "customer_id": holder.customer_id,
            "device": caller.device,
            "network": caller.network,
            "factors": factors,
            "created_at": now,
            "last_used_at": now,
            "proved_at": now,
            "expires_at": now + lifetime,
        },
    )
    refresh_token, mark = new_opaque_token()
    await connection.execute(KEEP, kept(platform, session_id, mark))
    return session_id, pair(platform, holder, session_id, refresh_token)


async def log_out(platform: Platform, live: LiveSession, caller: Actor) -> None:
    """End the caller's session. Doing it twice is no error."""
    async with platform.database.transaction() as connection:
        await end(platform, connection, live.id, "logged_out")
        actor = actor_of(live, caller)
        deed = Deed("auth:session:end", subject_type="session", subject_id=live.id, rows=1)
        await platform.audit.add(connection, actor, deed)
        await access_records.note(platform, connection, actor, "sign_out")
    platform.sessions.forget(live.id)


async def end(
    platform: Platform, connection: AsyncConnection, session_id: UUID, reason: str
) -> bool:
    """Mark a session as ended; False when it was already."""
    statement = (
        update(Session)
        .where(Session.id == session_id, Session.ended_at.is_(None))
        .values(ended_at=platform.clock(), end_reason=reason)
        .returning(Session.id)
    )
    return (await connection.execute(statement)).first() is not None


async def end_all(
    platform: Platform,
    connection: AsyncConnection,
    reason: str,
    owner: Owner,
    *,
    customer_id: UUID | None = None,
    but: UUID | None = None,
) -> list[UUID]:
    """End every session of somebody (on one account, if `customer_id` is given), `but` one.

    Returns their ids: `platform.sessions.forget` each after the commit.
    """
    chosen = [owner.owns(Session)]
    if customer_id is not None:
        chosen.append(Session.customer_id == customer_id)
    if but is not None:
        chosen.append(Session.id != but)
    return await end_where(platform, connection, reason, *chosen)


async def end_where(
    platform: Platform, connection: AsyncConnection, reason: str, *conditions: ColumnElement[bool]
) -> list[UUID]:
    """End the sessions of all these conditions; returns their ids, as `end_all` does."""
    chosen = update(Session).where(*conditions, Session.ended_at.is_(None))
    ended = chosen.values(ended_at=platform.clock(), end_reason=reason).returning(Session.id)
    return list((await connection.execute(ended)).scalars())


async def purge(platform: Platform) -> None:
    """Forget the refresh tokens of sessions that are over, and sessions after half a year.

    A spent token is kept for the alarm that its second use sets off: as long as its session can go
    on; and a week after it was ended, in which who tries a copy still stands out in the log. What
    was done in a session stays on record. Until it is forgotten it tells which devices are known.
    """
    now = platform.clock()
    over = select(Session.id).where(
        # A stretch, not all that ever expired: those before it were looked at in their time.
        Session.expires_at > now - _LOOKED_BACK,
        or_(Session.expires_at < now, Session.ended_at < now - _TOKENS_KEPT),
    )
    async with platform.database.transaction() as connection:
        await connection.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(over)))
        await connection.execute(delete(Session).where(Session.expires_at < now - _SESSIONS_KEPT))


def actor_of(live: LiveSession, caller: Actor) -> Actor:
    """The holder of a session as the actor of a deed about the session itself.

    `caller` is whoever came to the door, not signed in yet.
    """
    return Actor(
        kind=HOLDERS[live.kind],
        viewer=live.viewer,
        purpose=PURPOSES[live.viewer][0],
        request_id=caller.request_id,
        id=live.holder,
        session_id=live.id,
        customer_id=live.customer_id,
        network=caller.network,
        device=caller.device,
        address=caller.address,
        source_port=caller.source_port,
    )


def anonymous(
    request_id: str,
    network: str | None = None,
    device: str | None = None,
    *,
    address: str | None = None,
    source_port: int | None = None,
) -> Actor:
    """Somebody who has not shown who they are."""
    return Actor(
        kind="anonymous",
        viewer=Viewer.PUBLIC,
        purpose=PURPOSES[Viewer.PUBLIC][0],
        request_id=request_id,
        network=network,
        device=device,
        address=address,
        source_port=source_port,
    )


def kept(platform: Platform, session_id: UUID, mark: bytes) -> dict[str, Any]:
    """What is kept of a session's new refresh token."""
    now = platform.clock()
    lifetime = timedelta(days=platform.settings.refresh_token_days)
    return {
        "digest": mark,
        "session_id": session_id,
        "created_at": now,
        "expires_at": now + lifetime,
        "spent_at": None,
    }


def pair(platform: Platform, holder: Holder, session_id: UUID, refresh_token: str) -> Tokens:
    """A fresh access token of a session, beside a refresh token that is kept already."""
    access_token = platform.tokens.issue(
        audience=holder.kind,
        subject=holder.id,
        session=session_id,
        viewer=holder.viewer,
        customer=holder.customer_id,
    )
    seconds = platform.settings.access_token_seconds
    return Tokens(access_token, refresh_token, seconds, session_id)
