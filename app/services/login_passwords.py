"""What a new password of a login brings about, however its human proved to be the one."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.models import Login
from app.services import one_time_tokens, outbox, password_mails, sessions
from app.services.platform import Platform

RESET: Final = "password_reset"
INTERVENTION: Final = "intervention"
RECOVERY: Final = (RESET, INTERVENTION)
"""Purposes of the one-time tokens that set a password without the one of before."""
CLEARING: Final = (INTERVENTION,)
"""Those that may remove second factors, too: a forgotten password is no reason to do without."""

END_REASON: Final = "password_changed"


async def replace(
    platform: Platform, connection: AsyncConnection, actor: Actor, fresh: str, stored: str | None
) -> list[UUID] | None:
    """Have the caller's login open to the password that hashes to `fresh`, not to `stored`.

    Its other sessions end and are returned, to be forgotten once the transaction is committed; its
    recovery links die, a flag on the password is taken off, a mail goes out. None, and nothing is
    done, when `stored` is not the hash of now any more.
    """
    chosen = (Login.id == actor.id, Login.password_hash == stored)
    return await _set(platform, connection, actor, fresh, chosen, by_link=False)


async def restore(
    platform: Platform, connection: AsyncConnection, actor: Actor, fresh: str, login_id: UUID
) -> list[UUID] | None:
    """The same for a login whose human came by a link in a mail.

    Every session ends, and every other link of the login's dies: whoever had the password may have
    asked for it. The link proves the address, and opens what an intervention has closed. None for a
    login that is disabled.
    """
    chosen = (Login.id == login_id, Login.status == "active")
    return await _set(platform, connection, actor, fresh, chosen, by_link=True)


async def _set(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    fresh: str,
    chosen: tuple[ColumnElement[bool], ...],
    *,
    by_link: bool,
) -> list[UUID] | None:
    now = platform.clock()
    values: dict[str, Any] = {
        "password_hash": fresh,
        "credential_changed_at": now,
        "credential_flagged_at": None,
    }
    if by_link:
        values["reset_required_at"] = None
        values["email_verified_at"] = func.coalesce(Login.email_verified_at, now)
    statement = (
        update(Login)
        .where(*chosen)
        .values(**values)
        .returning(Login.id, Login.email, Login.language)
    )
    login = (await connection.execute(statement)).first()
    if login is None:
        return None
    ended = await sessions.end_all(
        platform, connection, END_REASON, login_id=login.id, but=actor.session_id
    )
    dying = () if by_link else RECOVERY
    await one_time_tokens.void(platform, connection, *dying, login_id=login.id)
    message = password_mails.changed(
        platform,
        actor,
        recipient=login.email,
        language=login.language,
        by_link=by_link,
        login_id=login.id,
    )
    await outbox.queue(platform, connection, message)
    return ended
