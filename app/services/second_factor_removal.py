"""Taking second factors away from logins that may have been in other hands.

Whoever got in with a password may have added a factor, which would outlive the password and keep
out whoever it belongs to. The caller has the logins locked, and puts it on record.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, exists, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.statements import among
from app.models import Authenticator, RecoveryCode
from app.services import factor_notices, owners, recovery_codes
from app.services.owners import Owner
from app.services.platform import Platform

RECENT: Final = timedelta(days=30)
"""How far back a factor is held to be an intruder's.

Break-ins are mostly noticed within days, some after weeks. Further back it would take more people's
own factors, which protect them, than intruders': those are told to look at the rest.
"""


async def remove_recent(
    connection: AsyncConnection, login_ids: Sequence[UUID], since: datetime
) -> None:
    """Remove what these logins added or took into use since then: authenticators, recovery codes.

    Codes go along, too, with the last authenticator that they could stand in for.
    """
    await connection.execute(
        delete(Authenticator).where(
            among(Authenticator.login_id, login_ids, connection.dialect),
            or_(Authenticator.created_at >= since, Authenticator.confirmed_at >= since),
        )
    )
    protected = exists().where(
        Authenticator.login_id == RecoveryCode.login_id, Authenticator.confirmed_at.is_not(None)
    )
    await connection.execute(
        delete(RecoveryCode).where(
            among(RecoveryCode.login_id, login_ids, connection.dialect),
            or_(RecoveryCode.created_at >= since, ~protected),
        )
    )


async def remove_all(
    platform: Platform, connection: AsyncConnection, actor: Actor, login_id: UUID
) -> int:
    """Remove every authenticator and recovery code of a login; how many authenticators they were.

    Its human is told by mail, unless there was nothing in use.
    """
    owner = Owner("login", login_id)
    contact = await owners.lock(connection, owner)
    removing = (
        delete(Authenticator).where(owner.owns(Authenticator)).returning(Authenticator.confirmed_at)
    )
    removed = (await connection.execute(removing)).scalars().all()
    await recovery_codes.drop(connection, owner)
    if any(confirmed is not None for confirmed in removed):
        await factor_notices.tell(platform, connection, owner, contact, actor, "all_removed")
    return len(removed)
