"""Renewing a session's tokens: each refresh token is good once, and its second use is an alarm.

The second use of a spent token ends its session, since one of the two who used it holds a copy (RFC
9700, 4.14.2). That an honest client whose answer was lost must sign in again is the price of it.

Browsers are treated more gently, for there the second use is an everyday matter: two tabs of one
page share the cookie, wake up at the same moment, and send the same token. For `GRACE` after a
token was spent its cookie is answered once more, with the *same* successor (it is derived, not
drawn: `security/opaque.py`), as long as that was not used itself. So no second chain of tokens
comes to be: if it was a thief who asked, thief and owner hold one and the same token, and whichever
of them is the second to use it sets off the alarm.

A session has a pace, for each renewal is written down thrice. It never holds the alarm up: whoever
keeps a session busy with a copy of its token would silence the owner's.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Dialect, Select, UpdateBase, select, update

from app.access.actors import Actor
from app.core.columns import UtcDateTime
from app.core.driver_transactions import DriverTransaction
from app.core.errors import Failure, Refusal
from app.core.statements import bound, prepare
from app.models import RefreshToken, Session, table_of
from app.security.opaque import digest, successor_of
from app.services import access_records, session_mails
from app.services.audit_log import Deed
from app.services.platform import Platform
from app.services.sessions import KEEP, Holder, Tokens, actor_of, end, kept, pair

_prepare_once = lru_cache(maxsize=8)(prepare)

ACTION: Final = "auth:session:renew"
GRACE: Final = timedelta(seconds=10)
NO_GRACE: Final = timedelta()


async def renew(platform: Platform, refresh_token: str, caller: Actor) -> Tokens | None:
    """A new pair for a refresh token that is used for the first time; None refuses it.

    A token that never was leaves no trace: strangers must not be able to fill the log for ever.
    Raises `Failure("too_many_requests")` for a session that renews too often: nothing is spent.
    """
    session_id = await _session_of(platform, refresh_token)
    if session_id is None:
        return None
    await _keep_pace(platform, session_id, refresh_token, caller, NO_GRACE)
    return await _exchange(platform, refresh_token, caller, NO_GRACE)


async def renew_cookie(
    platform: Platform, refresh_token: str, csrf_token: str, caller: Actor
) -> Tokens | None:
    """As `renew`, for a token that a browser sent by itself.

    Raises `Refusal("csrf_refused")` unless `csrf_token` is the session's, and as `renew` does for
    one that renews too often: then nothing is spent.
    """
    session_id = await _session_of(platform, refresh_token)
    if session_id is None:
        return None
    proven = platform.csrf.holds(csrf_token, session_id)
    await _keep_pace(platform, session_id, refresh_token, caller, GRACE, proven=proven)
    if not proven:
        raise Refusal("csrf_refused", action=ACTION, subject_type="session", subject_id=session_id)
    return await _exchange(platform, refresh_token, caller, GRACE)


async def _session_of(platform: Platform, refresh_token: str) -> UUID | None:
    known = _prepare_once(_KNOWN, platform.database.dialect)
    rows = await platform.database.fetch(known, {"mark": digest(refresh_token)})
    return rows[0][0] if rows else None


async def _keep_pace(
    platform: Platform,
    session_id: UUID,
    refresh_token: str,
    caller: Actor,
    grace: timedelta,
    *,
    proven: bool = True,
) -> None:
    """Count a renewal of the session; one that sets off the alarm may always pass: it is the last.

    One that is not `proven` sets off none. Raises `Failure("too_many_requests")`.
    """
    try:
        await platform.throttle.attempt(
            "token_refresh", network=caller.network, account=str(session_id)
        )
    except Failure:
        if not proven or not await _sets_off_alarm(platform, refresh_token, grace):
            raise


async def _sets_off_alarm(platform: Platform, refresh_token: str, grace: timedelta) -> bool:
    """Whether using the token ends its session, which is open: it was spent, and no grace left."""
    _, asked = _asked(platform, refresh_token, grace)
    database = platform.database
    if not await database.fetch(_prepare_once(_SPENT_IN_LIFE, database.dialect), asked):
        return False
    return not await database.fetch(_prepare_once(_JUST_SPENT, database.dialect), asked)


async def _exchange(
    platform: Platform, refresh_token: str, caller: Actor, grace: timedelta
) -> Tokens | None:
    following, asked = _asked(platform, refresh_token, grace)
    mark = asked["following"]
    database = platform.database
    dead: UUID | None
    async with database.driven() as transaction:
        spent = await _session(transaction, _SPEND, database.dialect, asked)
        again = None
        if spent is None and grace:
            again = await _session(transaction, _JUST_SPENT, database.dialect, asked)
        dead = spent or again
        # Asked of the transaction itself, never from memory.
        live = dead and await platform.sessions.ask_within(transaction, dead)
        if live:
            holder = Holder(live.kind, live.holder, live.viewer, live.customer_id)
            if spent:
                keep = _prepare_once(KEEP, database.dialect)
                await transaction.run(keep, kept(platform, live.id, mark))
            deed = Deed(ACTION, subject_type="session", subject_id=live.id)
            actor = actor_of(live, caller)
            await platform.audit.add_driven(transaction, (actor, deed))
            await access_records.note(platform, transaction, actor, "token_refresh")
            platform.session_notes.used(live.id)
            return pair(platform, holder, live.id, following)
        if dead is not None:
            await platform.audit.add_driven(transaction, (caller, _refused(dead)))
    if dead is None:
        dead = await _reused(platform, caller, asked)
    if dead is not None:
        platform.sessions.forget(dead)
    return None


def _asked(platform: Platform, refresh_token: str, grace: timedelta) -> tuple[str, dict[str, Any]]:
    """The token that would follow, and the values that the statements below take."""
    following, mark = successor_of(refresh_token, platform.rotation_key)
    now = platform.clock()
    asked = {"mark": digest(refresh_token), "following": mark, "now": now}
    return following, asked | {"since": now - grace, "until": now + grace}


async def _session(
    transaction: DriverTransaction,
    statement: Select[Any] | UpdateBase,
    dialect: Dialect,
    asked: Mapping[str, Any],
) -> UUID | None:
    rows = await transaction.run(_prepare_once(statement, dialect), asked)
    return rows[0][0] if rows else None


async def _reused(platform: Platform, caller: Actor, asked: Mapping[str, Any]) -> UUID | None:
    """End the session of a token that was spent before; one that only expired is nobody's theft.

    A token that is good for nothing never becomes good again: this may be a transaction later.
    """
    async with platform.database.transaction() as connection:
        session_id = (await connection.execute(_SPENT, asked)).scalar_one_or_none()
        if session_id is not None and await end(
            platform, connection, session_id, "refresh_token_reused"
        ):
            await session_mails.reused(platform, connection, session_id)
        await platform.audit.add(connection, caller, _refused(session_id))
    return session_id


def _refused(session_id: UUID | None) -> Deed:
    return Deed(ACTION, outcome="refused", subject_type="session", subject_id=session_id)


# Made once, and on the table: making a statement costs as much as running it.
_TOKENS = table_of(RefreshToken)
_NEXT = _TOKENS.alias("next")
_NOW = bound("now", UtcDateTime())
_THIS = _TOKENS.c.digest == bound("mark", _TOKENS.c.digest.type)
_KNOWN = select(_TOKENS.c.session_id).where(_THIS)
_SPEND = (
    update(_TOKENS)
    .where(_THIS, _TOKENS.c.spent_at.is_(None), _TOKENS.c.expires_at > _NOW)
    .values(spent_at=_NOW)
    .returning(_TOKENS.c.session_id)
)
"""The session of a token that was good until now. Of two at once only one gets it."""
_SESSIONS = table_of(Session)
_SPENT = _KNOWN.where(_TOKENS.c.spent_at.is_not(None))
_SPENT_IN_LIFE = _SPENT.join(_SESSIONS, _SESSIONS.c.id == _TOKENS.c.session_id).where(
    _SESSIONS.c.ended_at.is_(None)
)
"""The same, while the session is open: it has yet to be ended for it."""
_JUST_SPENT = (
    select(_TOKENS.c.session_id)
    .select_from(_TOKENS.join(_NEXT, _NEXT.c.digest == bound("following", _NEXT.c.digest.type)))
    .where(
        _THIS,
        _TOKENS.c.spent_at > bound("since", UtcDateTime()),
        _TOKENS.c.spent_at < bound("until", UtcDateTime()),  # by replicas' clocks
        _NEXT.c.spent_at.is_(None),
    )
)
