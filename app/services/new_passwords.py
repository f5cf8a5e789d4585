"""What a new password brings about, however its human proved to be the one."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.models import Login, Officer
from app.services import one_time_tokens, outbox, password_mails, sessions
from app.services.owners import PEOPLE, Owner, language_of, owner_of
from app.services.platform import Platform

RESET: Final = "password_reset"
INTERVENTION: Final = "intervention"
OFFICER_RESET: Final = "officer_password_reset"
RECOVERY: Final = (RESET, INTERVENTION)
"""Purposes of the one-time tokens that set a login's password without the one of before."""
CLEARING: Final = (INTERVENTION,)
"""Those that may remove second factors, too: a forgotten password is no reason to do without."""

END_REASON: Final = "password_changed"


async def replace(
    platform: Platform, connection: AsyncConnection, actor: Actor, fresh: str, stored: str | None
) -> list[UUID] | None:
    """Have the caller be known by the password that hashes to `fresh`, not to `stored`.

    Their other sessions end and are returned, to be forgotten once the transaction is committed;
    their recovery links die, a flag on the password is taken off, a mail goes out. None, and
    nothing is done, when `stored` is not the hash of now any more.
    """
    owner = owner_of(actor)
    unchanged = PEOPLE[owner.kind].password_hash == stored
    return await _set(platform, connection, actor, owner, fresh, unchanged, by_link=False)


async def restore(
    platform: Platform, connection: AsyncConnection, actor: Actor, fresh: str, owner: Owner
) -> list[UUID] | None:
    """The same for a login or an officer whose human came by a link in a mail.

    Every session ends, and every other link of theirs dies: whoever had the password may have
    asked for it. The link proves the address, and opens what an intervention has closed. None for
    who is shut out.
    """
    let_in = Login.status == "active" if owner.kind == "login" else Officer.status != "suspended"
    return await _set(platform, connection, actor, owner, fresh, let_in, by_link=True)


async def _set(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    owner: Owner,
    fresh: str,
    condition: ColumnElement[bool],
    *,
    by_link: bool,
) -> list[UUID] | None:
    table = PEOPLE[owner.kind]
    values: dict[str, Any] = {"password_hash": fresh}
    if table is Login:
        values |= _of_a_login(platform, by_link=by_link)
    statement = update(table).where(table.id == owner.id, condition).values(**values)
    told = statement.returning(table.email, language_of(owner.kind))
    row = (await connection.execute(told)).first()
    if row is None:
        return None
    ended = await sessions.end_all(platform, connection, END_REASON, owner, but=actor.session_id)
    await _void_links(platform, connection, owner, by_link=by_link)
    message = password_mails.changed(
        platform,
        actor,
        owner,
        recipient=row.email,
        language=row.language,
        by_link=by_link,
    )
    await outbox.queue(platform, connection, message)
    return ended


def _of_a_login(platform: Platform, *, by_link: bool) -> dict[str, Any]:
    now = platform.clock()
    values: dict[str, Any] = {"credential_changed_at": now, "credential_flagged_at": None}
    if by_link:
        values["reset_required_at"] = None
        values["email_verified_at"] = func.coalesce(Login.email_verified_at, now)
    return values


async def _void_links(
    platform: Platform, connection: AsyncConnection, owner: Owner, *, by_link: bool
) -> None:
    """Staff have none; those of officers name them as what they are about."""
    if owner.kind == "login":
        dying = () if by_link else RECOVERY
        await one_time_tokens.void(platform, connection, *dying, login_id=owner.id)
    elif owner.kind == "officer":
        await one_time_tokens.void(platform, connection, OFFICER_RESET, subject_id=owner.id)
