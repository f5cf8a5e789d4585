"""Opening, renewing and ending sessions."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import LargeBinary, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.ids import new_id
from app.core.statements import bound, prepare
from app.models import RefreshToken, Session, table_of
from app.security.opaque import digest, new_opaque_token
from app.services.audit_log import Deed
from app.services.platform import Platform
from app.services.session_watch import LiveSession

# Made once, and on the tables: making a statement costs as much as running it.
_OPEN = insert(table_of(Session))
_ISSUE = insert(table_of(RefreshToken))
_TOKENS_KEPT = timedelta(days=30)
_SESSIONS_KEPT = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a session is opened for: a staff member, or a login acting for one customer."""

    kind: str
    id: UUID
    viewer: Viewer
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets: an access token for minutes, a refresh token to be used once.

    `notices` are codes of what the holder should be told, at a sign-in.
    """

    access_token: str
    refresh_token: str
    expires_in: int
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
    customer = holder.kind == "customer"
    await connection.execute(
        _OPEN,
        {
            "id": session_id,
            "kind": holder.kind,
            "login_id": holder.id if customer else None,
            "customer_id": holder.customer_id,
            "staff_id": None if customer else holder.id,
            "device": caller.device,
            "network": caller.network,
            "factors": factors,
            "created_at": now,
            "last_used_at": now,
            "proved_at": now,
            "expires_at": now + lifetime,
        },
    )
    return session_id, await _issue(platform, connection, holder, session_id)


async def renew(platform: Platform, refresh_token: str, caller: Actor) -> Tokens | None:
    """A new pair for a refresh token that is used for the first time; None refuses it.

    The second use of a spent one ends its session: somebody else holds a copy (RFC 9700, 4.14).
    A token that never was leaves no trace: strangers must not be able to fill the log for ever.
    """
    mark = digest(refresh_token)
    known = prepare(
        select(RefreshToken.session_id).where(
            RefreshToken.digest == bound("digest", LargeBinary())
        ),
        platform.database.dialect,
    )
    if not await platform.database.fetch(known, {"digest": mark}):
        return None
    async with platform.database.transaction() as connection:
        session_id = await _spend(platform, connection, mark)
        if session_id is not None:
            live = await _live(platform, connection, session_id)
            if live is not None:
                holder = Holder(live.kind, live.holder, live.viewer, live.customer_id)
                tokens = await _issue(platform, connection, holder, session_id)
                await platform.audit.add(
                    connection,
                    actor_of(live, caller),
                    Deed("auth:session:renew", subject_type="session", subject_id=session_id),
                )
                return tokens
        else:
            session_id = await _reused(connection, mark)
            if session_id is not None:
                await end(platform, connection, session_id, "refresh_token_reused")
        await platform.audit.add(
            connection,
            caller,
            Deed(
                "auth:session:renew",
                outcome="refused",
                subject_type="session",
                subject_id=session_id,
            ),
        )
    if session_id is not None:
        platform.sessions.forget(session_id)
    return None


async def log_out(platform: Platform, live: LiveSession, caller: Actor) -> None:
    """End the caller's session. Doing it twice is no error."""
    async with platform.database.transaction() as connection:
        await end(platform, connection, live.id, "logged_out")
        await platform.audit.add(
            connection,
            actor_of(live, caller),
            Deed("auth:session:end", subject_type="session", subject_id=live.id, rows=1),
        )
    platform.sessions.forget(live.id)


async def end(
    platform: Platform, connection: AsyncConnection, session_id: UUID, reason: str
) -> None:
    """Mark a session as ended, unless it was already."""
    await connection.execute(
        update(Session)
        .where(Session.id == session_id, Session.ended_at.is_(None))
        .values(ended_at=platform.clock(), end_reason=reason)
    )


async def end_all(
    platform: Platform,
    connection: AsyncConnection,
    reason: str,
    *,
    login_id: UUID | None = None,
    staff_id: UUID | None = None,
    customer_id: UUID | None = None,
    but: UUID | None = None,
) -> list[UUID]:
    """End every session of a login (on one account, if `customer_id` is given) or of a staff
    member, `but` one. Returns their ids: `platform.sessions.forget` each after the commit.
    """
    if (login_id is None) == (staff_id is None):  # else "is null" would end those of everybody
        raise ValueError("sessions are ended for one login or for one member of staff")
    holder = Session.login_id == login_id if staff_id is None else Session.staff_id == staff_id
    chosen = update(Session).where(holder, Session.ended_at.is_(None))
    if customer_id is not None:
        chosen = chosen.where(Session.customer_id == customer_id)
    if but is not None:
        chosen = chosen.where(Session.id != but)
    ended = chosen.values(ended_at=platform.clock(), end_reason=reason).returning(Session.id)
    return list((await connection.execute(ended)).scalars())


async def purge(platform: Platform) -> None:
    """Forget refresh tokens a month after their session expired, sessions after half a year.

    What was done in them stays on record. Until then a session tells which devices are known.
    """
    now = platform.clock()
    # A stretch, not all that ever expired: each hour looks at the newly expired ones alone.
    over = select(Session.id).where(
        Session.expires_at < now - _TOKENS_KEPT, Session.expires_at > now - 2 * _TOKENS_KEPT
    )
    async with platform.database.transaction() as connection:
        await connection.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(over)))
        await connection.execute(delete(Session).where(Session.expires_at < now - _SESSIONS_KEPT))


def actor_of(live: LiveSession, caller: Actor) -> Actor:
    """The holder of a session as the actor of a deed about the session itself.

    `caller` is whoever came to the door, not signed in yet.
    """
    return Actor(
        kind="login" if live.kind == "customer" else "staff",
        viewer=live.viewer,
        purpose=PURPOSES[live.viewer][0],
        request_id=caller.request_id,
        id=live.holder,
        session_id=live.id,
        customer_id=live.customer_id,
        network=caller.network,
        device=caller.device,
    )


def anonymous(request_id: str, network: str | None = None, device: str | None = None) -> Actor:
    """Somebody who has not shown who they are."""
    return Actor(
        kind="anonymous",
        viewer=Viewer.PUBLIC,
        purpose=PURPOSES[Viewer.PUBLIC][0],
        request_id=request_id,
        network=network,
        device=device,
    )


async def _issue(
    platform: Platform, connection: AsyncConnection, holder: Holder, session_id: UUID
) -> Tokens:
    refresh_token, mark = new_opaque_token()
    now = platform.clock()
    lifetime = timedelta(days=platform.settings.refresh_token_days)
    token = {"digest": mark, "session_id": session_id, "created_at": now}
    await connection.execute(_ISSUE, {**token, "expires_at": now + lifetime})
    access_token = platform.tokens.issue(
        audience="customer" if holder.kind == "customer" else "staff",
        subject=holder.id,
        session=session_id,
        viewer=holder.viewer,
        customer=holder.customer_id,
    )
    return Tokens(access_token, refresh_token, platform.settings.access_token_seconds)


async def _spend(platform: Platform, connection: AsyncConnection, mark: bytes) -> UUID | None:
    """The session of a token that was good until now. Of two at once only one gets it."""
    now = platform.clock()
    statement = (
        update(RefreshToken)
        .where(
            RefreshToken.digest == mark,
            RefreshToken.spent_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .values(spent_at=now)
        .returning(RefreshToken.session_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def _reused(connection: AsyncConnection, mark: bytes) -> UUID | None:
    """The session of a token that was spent before; one that only expired is nobody's theft."""
    statement = select(RefreshToken.session_id).where(
        RefreshToken.digest == mark, RefreshToken.spent_at.is_not(None)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def _live(
    platform: Platform, connection: AsyncConnection, session_id: UUID
) -> LiveSession | None:
    """Asked of the transaction itself, never from memory."""
    return await platform.sessions.ask_within(connection, session_id)
