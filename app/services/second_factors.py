"""The second factor: what is shown beside a password, or (a passkey) in place of one."""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Dialect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.statements import Prepared, bound, prepare
from app.models import Authenticator
from app.services import factor_notices, owners, recovery_codes, totp_codes
from app.services.owners import Kind, Owner, holder
from app.services.platform import Platform
from app.services.proofs import Proof, spend


@dataclass(frozen=True, slots=True)
class Code:
    """One of the two that people type: of an authenticator app, or a recovery code."""

    totp: str | None = None
    recovery_code: str | None = None

    def __bool__(self) -> bool:
        return self.totp is not None or self.recovery_code is not None


async def check(platform: Platform, owner: Owner, code: Code) -> Proof | None:
    """The proof that lies in a code of the owner's; None for a wrong, spent or stale one."""
    if code.totp is not None:
        return await totp_codes.check(platform, owner, code.totp)
    return recovery_codes.check(platform, owner, code.recovery_code or "")


async def use(platform: Platform, connection: AsyncConnection, proof: Proof, caller: Actor) -> bool:
    """Use a proof up; False when somebody else did meanwhile. Of recovery codes the owner is told.

    It stands as the transaction does.
    """
    if not await spend(connection, proof):
        return False
    if proof.factor == "recovery_code":
        contact = await owners.lock(connection, proof.owner)
        left = await recovery_codes.left(connection, proof.owner)
        await factor_notices.tell(
            platform, connection, proof.owner, contact, caller, "code_used", left=left
        )
    return True


async def count_guess(platform: Platform, owner: Owner, network: str | None) -> None:
    """Count a try against the owner, wherever it comes from: before `check`.

    Only who knows the password or holds a session gets as far as this, so that nobody can lock a
    stranger out. Raises `Failure("too_many_requests")`.
    """
    await platform.throttle.attempt("second_factor", network=network, account=str(owner.id))


async def forgive(platform: Platform, owner: Owner, network: str | None) -> None:
    """A try was good: the owner's guesses begin anew."""
    await platform.throttle.forgive("second_factor", network=network, account=str(owner.id))


async def stands(platform: Platform, owner: Owner) -> bool:
    """Whether the owner has a second factor: then a password alone proves nothing."""
    statement = _confirmed(owner.kind, platform.database.dialect)
    return bool(await platform.database.fetch(statement, {"owner": owner.id}))


@lru_cache(maxsize=4)
def _confirmed(kind: Kind, dialect: Dialect) -> Prepared:
    column = holder(kind, Authenticator)
    chosen = select(Authenticator.id).where(
        column == bound("owner", column.type), Authenticator.confirmed_at.is_not(None)
    )
    return prepare(chosen.limit(1), dialect)
