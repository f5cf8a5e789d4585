"""Forms that wait for the link in a mail: kept sealed, taken out by the link once, purged."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.models import PendingRegistration
from app.services import one_time_tokens
from app.services.platform import Platform

LIFETIME: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Kind:
    """Whose forms they are, and the purpose of the tokens that open them."""

    name: Literal["customer", "officer"]
    purpose: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that waits: its id, the token that opens it, told this once, and until when."""

    id: UUID
    token: str
    expires_at: datetime


async def keep(
    platform: Platform, connection: AsyncConnection, kind: Kind, email_key: str, packed: bytes
) -> Kept:
    """Have a form wait for the link in a mail to its address."""
    pending_id, now = new_id(), platform.clock()
    await connection.execute(
        insert(PendingRegistration).values(
            id=pending_id,
            kind=kind.name,
            email_key=email_key,
            form=platform.registration_sealer.seal(packed, pending_id.bytes),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    token = await one_time_tokens.issue(
        platform, connection, kind.purpose, lifetime=LIFETIME, subject_id=pending_id
    )
    return Kept(pending_id, token, now + LIFETIME)


async def take(
    platform: Platform, connection: AsyncConnection, kind: Kind, token: str
) -> bytes | None:
    """The form that a token opens, out of the table; None for a token that opens none.

    Other forms of the kind that wait for the same address are forgotten, and their links good for
    nothing: whoever filled them in, this one was chosen.
    """
    found = await one_time_tokens.look(platform, connection, token, kind.purpose)
    forms = [] if found is None else await _locked(connection, kind, found.subject_id)
    spent = await one_time_tokens.spend(platform, connection, token, kind.purpose)
    if spent is None:
        return None
    statement = (
        delete(PendingRegistration)
        .where(PendingRegistration.id == spent.subject_id)
        .returning(PendingRegistration.id, PendingRegistration.form)
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    await connection.execute(delete(PendingRegistration).where(PendingRegistration.id.in_(forms)))
    for pending_id in forms:
        await one_time_tokens.void(platform, connection, kind.purpose, subject_id=pending_id)
    return platform.registration_sealer.open(row.form, row.id.bytes)


async def purge(platform: Platform) -> None:
    """Forget the forms whose link has expired."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            delete(PendingRegistration).where(PendingRegistration.expires_at <= platform.clock())
        )


async def _locked(connection: AsyncConnection, kind: Kind, pending_id: UUID | None) -> list[UUID]:
    """The forms of the address of one of them, locked in the order of their ids."""
    one = select(PendingRegistration.email_key).where(PendingRegistration.id == pending_id)
    alike = (
        select(PendingRegistration.id)
        .where(PendingRegistration.email_key.in_(one), PendingRegistration.kind == kind.name)
        .order_by(PendingRegistration.id)
    )
    return list((await connection.execute(alike.with_for_update())).scalars())
