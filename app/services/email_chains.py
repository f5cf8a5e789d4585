"""Chains of confirmed changes of an address, while the first of them can still be undone.

The oldest address of a chain is its anchor: whoever moved it on may be a thief, and so may whoever
reads the addresses in between. Only the anchor undoes, and only there an intervention is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.emails import email_key
from app.core.statements import among
from app.models import EmailChange, Login, OneTimeToken
from app.services import one_time_tokens
from app.services.platform import Platform

CONFIRMING: Final = "email_change"
"""The purpose of the link that goes to the new address."""
UNDOING: Final = "email_undo"
"""The purpose of the link that goes to the anchor. It is nobody's: what ends all else of a login
(an intervention, say) leaves it good."""
UNDONE_WITHIN: Final = timedelta(days=7)


def _standing(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Changes that were confirmed and can be undone."""
    return (EmailChange.confirmed_at > now - UNDONE_WITHIN, EmailChange.undone_at.is_(None))


async def of_logins(
    platform: Platform, connection: AsyncConnection, login_ids: Sequence[UUID]
) -> dict[UUID, list[Any]]:
    """The chains of sign-in addresses of the logins that have one, oldest change first."""
    statement = _chain(
        platform,
        among(EmailChange.login_id, login_ids, connection.dialect),
        EmailChange.moves_login.is_(True),
    )
    chains: dict[UUID, list[Any]] = {}
    for change in await connection.execute(statement):
        chains.setdefault(change.login_id, []).append(change)
    return chains


async def of_change(platform: Platform, connection: AsyncConnection, change: Any) -> list[Any]:
    """The chain that a change goes on, or the account's own where no login moves; oldest first."""
    if change.moves_login:
        chains = await of_logins(platform, connection, [change.login_id])
        return chains.get(change.login_id, [])
    statement = _chain(
        platform, EmailChange.customer_id == change.customer_id, EmailChange.moves_contact.is_(True)
    )
    return list(await connection.execute(statement))


async def extend(platform: Platform, connection: AsyncConnection, change_id: UUID) -> bool:
    """Put a change that was confirmed just now on its chain.

    Whether the address that it replaced is the anchor, and is to be sent the link to undo it. A
    change back to the anchor undoes the chain: nobody in between may undo that.
    """
    statement = select(EmailChange.__table__).where(EmailChange.id == change_id)
    change = (await connection.execute(statement)).one()
    chain = await of_change(platform, connection, change)
    anchor = email_key(chain[0].old_email)
    if len(chain) > 1 and email_key(change.new_email) == anchor:
        await let_go(platform, connection, chain, change)
        return False
    return email_key(change.old_email) == anchor


def _chain(platform: Platform, *which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(EmailChange.__table__)
        .where(*_standing(platform.clock()), *which)
        .order_by(EmailChange.confirmed_at, EmailChange.id)
    )


def moved_with(platform: Platform, *which: ColumnElement[bool]) -> Select[Any]:
    """The ids of accounts whose own address moved together with a login's."""
    return select(EmailChange.customer_id).where(
        *_standing(platform.clock()), EmailChange.moves_login, EmailChange.moves_contact, *which
    )


async def let_go(
    platform: Platform, connection: AsyncConnection, changes: Sequence[Any], undone: Any
) -> None:
    """End changes as far as they move what the `undone` one moves; their links die with them.

    What else one of them moves stays to be undone by its own link.
    """
    for change in changes:
        confirmed = change.confirmed_at is not None
        with_login = undone.moves_login and change.login_id == undone.login_id
        with_contact = undone.moves_contact and change.customer_id == undone.customer_id
        login = confirmed and change.moves_login and not with_login
        contact = confirmed and change.moves_contact and not with_contact
        values: dict[str, Any] = {"undone_at": platform.clock()}
        if login or contact:
            values = {"moves_login": login, "moves_contact": contact}
        await connection.execute(
            update(EmailChange).where(EmailChange.id == change.id).values(**values)
        )
        if not (login or contact):
            await one_time_tokens.void(
                platform, connection, CONFIRMING, UNDOING, subject_id=change.id
            )


def holders(platform: Platform, key: str) -> Select[Any]:
    """The logins that sign in with an address, or get it back by a link that is still good.

    An address that was replaced stays taken for so long: else a stranger who registers with it
    would keep its human from undoing the change.
    """
    own = select(Login.id).where(Login.email_key == key)
    return select(Login.id).where(Login.id.in_(union_all(own, _kept(platform, key))))


async def is_kept(
    platform: Platform, connection: AsyncConnection, key: str, login_id: UUID
) -> bool:
    """Whether an address may yet go back to another login than this one.

    Asked once the address is this login's: whoever freed it meanwhile is seen then.
    """
    kept = _kept(platform, key).where(EmailChange.login_id != login_id)
    return (await connection.execute(kept.limit(1))).first() is not None


def _kept(platform: Platform, key: str) -> Select[Any]:
    now = platform.clock()
    good = exists().where(
        OneTimeToken.subject_id == EmailChange.id,
        OneTimeToken.purpose == UNDOING,
        OneTimeToken.spent_at.is_(None),
        OneTimeToken.expires_at > now,
    )
    return select(EmailChange.login_id).where(
        *_standing(now),
        EmailChange.moves_login,
        func.lower(EmailChange.old_email) == key,  # addresses are ASCII: `email_key` does no more
        good,
    )
