"""Inviters whose login may have been in other hands: what they offered brings nobody in.

Logins are locked after the account and before invitations and their tokens, in the order of their
ids, by interventions as here: none waits for another in a ring.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.statements import among
from app.models import Invitation, Login, OneTimeToken
from app.services.platform import Platform


async def withdraw_all(
    platform: Platform, connection: AsyncConnection, login_ids: Sequence[UUID]
) -> None:
    """Withdraw every open invitation of these logins, which the caller has locked.

    Their links are about the invitation, and are no tokens of the login's.
    """
    now = platform.clock()
    withdrawn = (
        update(Invitation)
        .where(
            among(Invitation.invited_by, login_ids, connection.dialect),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(Invitation.id)
    )
    ids = list((await connection.execute(withdrawn)).scalars())
    if ids:
        await connection.execute(
            update(OneTimeToken)
            .where(
                among(OneTimeToken.subject_id, ids, connection.dialect),
                OneTimeToken.spent_at.is_(None),
            )
            .values(spent_at=now)
        )


async def is_trusted(
    connection: AsyncConnection, inviter_id: UUID, guest_key: str | None = None
) -> bool:
    """Whether the inviter's login waits for no new password.

    What is told holds until the transaction ends. `guest_key` names the login that enters,
    which is locked along with it.
    """
    chosen = Login.id == inviter_id
    statement = (
        select(Login.id, Login.reset_required_at)
        .where(chosen if guest_key is None else or_(chosen, Login.email_key == guest_key))
        .order_by(Login.id)
        .with_for_update(key_share=True)
    )
    waiting = {row.id: row.reset_required_at for row in await connection.execute(statement)}
    return inviter_id in waiting and waiting[inviter_id] is None
