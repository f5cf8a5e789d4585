"""WebAuthn challenges: a question for one ceremony of one kind, answered once or never."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.models import Challenge, table_of
from app.security.passkeys import PATIENCE_SECONDS, new_challenge
from app.services.owners import NOBODYS, OWNER_COLUMNS, Owner
from app.services.platform import Platform

LIFETIME = timedelta(seconds=PATIENCE_SECONDS)

_ISSUE = insert(table_of(Challenge))


async def issue(
    platform: Platform, connection: AsyncConnection, purpose: str, owner: Owner | None
) -> tuple[UUID, bytes]:
    """A fresh challenge with its id, for `owner` alone; without one, for whoever answers it."""
    now = platform.clock()
    challenge_id, challenge = new_id(), new_challenge()
    holder = owner.columns if owner else NOBODYS
    await connection.execute(
        _ISSUE,
        {
            "id": challenge_id,
            "purpose": purpose,
            "challenge": challenge,
            **holder,
            "created_at": now,
            "expires_at": now + LIFETIME,
        },
    )
    return challenge_id, challenge


async def take(
    platform: Platform,
    connection: AsyncConnection,
    challenge_id: UUID,
    purpose: str,
    owner: Owner | None,
) -> bytes | None:
    """The challenge, which is gone with this; None if it never was, was taken, or is too old.

    Of two at once only one gets it. One of another purpose or owner stays where it is.
    """
    now = platform.clock()
    statement = (
        delete(Challenge)
        .where(
            Challenge.id == challenge_id,
            Challenge.purpose == purpose,
            owner.owns(Challenge) if owner else _nobodys(),
            # A clock that was set back must not make it last longer.
            Challenge.created_at <= now + LIFETIME,
            Challenge.expires_at > now,
        )
        .returning(Challenge.challenge)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def purge(platform: Platform) -> None:
    """Forget the challenges that nobody answered in time."""
    async with platform.database.transaction() as connection:
        await connection.execute(delete(Challenge).where(Challenge.expires_at <= platform.clock()))


def _nobodys() -> ColumnElement[bool]:
    return and_(*(getattr(Challenge, column).is_(None) for column in OWNER_COLUMNS.values()))
