"""Recovery codes: ten at a time, shown once, kept as keyed digests, each good for one entry."""

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.models import RecoveryCode
from app.security import recovery_codes
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.proofs import Proof


def check(platform: Platform, owner: Owner, typed: str) -> Proof | None:
    """The proof that lies in a code, if it is one of the owner's: that shows when it is spent."""
    code = recovery_codes.normalise(typed)
    if code is None:
        return None
    spending = (
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == _digest(platform, owner, code),
            owner.owns(RecoveryCode),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=platform.clock())
        .returning(RecoveryCode.digest)
    )
    return Proof("recovery_code", owner, spending)


async def replace(platform: Platform, connection: AsyncConnection, owner: Owner) -> tuple[str, ...]:
    """Ten new codes; the old ones are good for nothing. This is the only time they are told."""
    await drop(connection, owner)
    codes = recovery_codes.new_codes()
    now = platform.clock()
    rows = [
        {
            "digest": _digest(platform, owner, recovery_codes.normalise(code) or ""),
            **owner.columns,
            "created_at": now,
        }
        for code in codes
    ]
    await connection.execute(insert(RecoveryCode), rows)
    return codes


async def left(connection: AsyncConnection, owner: Owner) -> int:
    """How many of the owner's codes still work."""
    unused = select(func.count()).where(owner.owns(RecoveryCode), RecoveryCode.used_at.is_(None))
    return (await connection.execute(unused)).scalar_one()


async def drop(connection: AsyncConnection, owner: Owner) -> None:
    """Forget the owner's codes."""
    await connection.execute(delete(RecoveryCode).where(owner.owns(RecoveryCode)))


def _digest(platform: Platform, owner: Owner, code: str) -> bytes:
    return recovery_codes.digest(platform.keyring.secret("recovery-codes"), owner.id, code)
