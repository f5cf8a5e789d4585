"""Somebody who lost every second factor gets one new one; how they proved to be who they are is the
caller's matter."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.models import Authenticator, Challenge
from app.security import totp
from app.services import factor_notices, recovery_codes, sessions, totp_codes
from app.services.factor_notices import Change
from app.services.owners import Contact, Owner
from app.services.platform import Platform

END_REASON: Final = "recovered"


async def replace_all(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    owner: Owner,
    contact: Contact,
    change: Change,
) -> tuple[str, list[UUID]]:
    """Put a new authenticator in the place of every factor and recovery code of a locked owner.

    Its secret, to be told this once, and the sessions that ended, to be forgotten after the commit.
    They are told by mail, with `change`. The caller puts it on record.
    """
    for table in (Authenticator, Challenge):
        await connection.execute(delete(table).where(owner.owns(table)))
    await recovery_codes.drop(connection, owner)
    secret = totp.new_secret()
    await totp_codes.install(platform, connection, owner, secret)
    ended = await sessions.end_all(platform, connection, END_REASON, owner)
    await factor_notices.tell(platform, connection, owner, contact, actor, change)
    return secret, ended
