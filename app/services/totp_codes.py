"""Codes of authenticator apps: each opens one thing, once."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Dialect, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.statements import Prepared, bound, prepare
from app.models import Authenticator
from app.security import totp
from app.security.sealing import SealBroken
from app.services.owners import Kind, Owner, holder
from app.services.platform import Platform
from app.services.proofs import Proof

USUAL_NAME = "TOTP"
"""What an authenticator app is called until its owner names it."""


async def check(platform: Platform, owner: Owner, code: str) -> Proof | None:
    """The proof that a code is for now, of an authenticator of the owner's, and fresh; else None.

    All authenticators are tried, whichever it is from.
    """
    statement = _in_use(owner.kind, platform.database.dialect)
    found = None
    for authenticator_id, secret, last_step in await platform.database.fetch(
        statement, {"owner": owner.id}
    ):
        step = step_of(platform, owner, secret, code, last_step)
        if step is not None:
            found = authenticator_id, step
    if found is None:
        return None
    authenticator_id, step = found
    spending = (
        update(Authenticator)
        .where(
            Authenticator.id == authenticator_id,
            Authenticator.confirmed_at.is_not(None),
            _is_before(step),
        )
        .values(last_step=step, last_used_at=platform.clock())
        .returning(Authenticator.id)
    )
    return Proof("totp", owner, spending)


def seal(platform: Platform, owner: Owner, secret: str) -> bytes:
    """A secret as it is kept: sealed, and bound to its owner."""
    return platform.totp_sealer.seal(secret.encode(), owner.id.bytes)


async def install(
    platform: Platform, connection: AsyncConnection, owner: Owner, secret: str
) -> None:
    """Make the secret the owner's, in use from now on: they are told it and need not prove it."""
    now = platform.clock()
    await connection.execute(
        insert(Authenticator).values(
            id=new_id(),
            **owner.columns,
            kind="totp",
            name=USUAL_NAME,
            secret=seal(platform, owner, secret),
            created_at=now,
            confirmed_at=now,
        )
    )


def step_of(
    platform: Platform, owner: Owner, sealed: bytes, code: str, last_step: int | None
) -> int | None:
    """The time step of a code that is good and was not used; None otherwise (see `totp.verify`)."""
    try:
        secret = platform.totp_sealer.open(sealed, owner.id.bytes).decode()
    except SealBroken:
        return None
    return totp.verify(secret, code, platform.clock(), last_step)


@lru_cache(maxsize=4)
def _in_use(kind: Kind, dialect: Dialect) -> Prepared:
    column = holder(kind, Authenticator)
    chosen: Any = select(Authenticator.id, Authenticator.secret, Authenticator.last_step).where(
        column == bound("owner", column.type),
        Authenticator.kind == "totp",
        Authenticator.confirmed_at.is_not(None),
    )
    return prepare(chosen, dialect)


def _is_before(step: int) -> ColumnElement[bool]:
    return or_(Authenticator.last_step.is_(None), Authenticator.last_step < step)
