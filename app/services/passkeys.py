"""Passkeys: what a browser is asked, and the proof that lies in its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.statements import Prepared, bound, prepare
from app.models import Authenticator
from app.security.passkeys import Claim, Passkey, PasskeyRefused, claim_of
from app.services import challenges
from app.services.owners import Kind, Owner, holder
from app.services.platform import Platform
from app.services.proofs import Proof


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page hands to the browser, and by which id the answer is to come back."""

    challenge_id: UUID
    options: Mapping[str, Any]


async def ask(platform: Platform, purpose: str, owner: Owner | None) -> Asked:
    """Ask for an answer of one of the owner's passkeys; without an owner, of anybody's."""
    async with platform.database.transaction() as connection:
        known = await held(connection, owner) if owner else ()
        challenge_id, challenge = await challenges.issue(platform, connection, purpose, owner)
    options = platform.relying_party.request_options(challenge=challenge, known=known)
    return Asked(challenge_id, options)


async def check(
    platform: Platform,
    challenge_id: UUID,
    credential: object,
    *,
    purpose: str,
    kind: Kind,
    owner: Owner | None,
) -> Proof | None:
    """The proof that lies in the answer to `ask`, of an owner of that kind; None for no good one.

    The challenge is used up, whatever comes of it.
    """
    async with platform.database.transaction() as connection:
        challenge = await challenges.take(platform, connection, challenge_id, purpose, owner)
    if challenge is None:
        return None
    try:
        claim = claim_of(credential)
    except PasskeyRefused:
        return None
    found = await _find(platform, kind, claim)
    if found is None or (owner is not None and found.owner != owner):
        return None
    try:
        count = platform.relying_party.authenticated(credential, challenge, found.passkey)
    except PasskeyRefused:
        return None
    spending = (
        update(Authenticator)
        .where(Authenticator.id == found.id, _counts_up_to(count))
        .values(sign_count=count, last_used_at=platform.clock())
        .returning(Authenticator.id)
    )
    return Proof("passkey", found.owner, spending)


async def held(connection: AsyncConnection, owner: Owner) -> list[Passkey]:
    """The passkeys of an owner."""
    chosen: Any = select(
        Authenticator.credential_id,
        Authenticator.public_key,
        Authenticator.sign_count,
        Authenticator.transports,
    ).where(owner.owns(Authenticator), Authenticator.kind == "passkey")
    rows = await connection.execute(chosen.order_by(Authenticator.id))
    return [Passkey(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID
    owner: Owner
    passkey: Passkey


async def _find(platform: Platform, kind: Kind, claim: Claim) -> _Found | None:
    """The passkey that an answer says it comes from, if its owner is of the kind."""
    statement = _by_credential(kind, platform.database.dialect)
    rows = await platform.database.fetch(statement, {"credential_id": claim.credential_id})
    if not rows:
        return None
    authenticator_id, owner_id, *kept = rows[0]
    # Browsers tell the handle beside what is signed: it must fit, but proves nothing.
    if claim.user_handle is not None and claim.user_handle != owner_id.bytes:
        return None
    return _Found(authenticator_id, Owner(kind, owner_id), Passkey(*kept))


@lru_cache(maxsize=4)
def _by_credential(kind: Kind, dialect: Dialect) -> Prepared:
    column = holder(kind, Authenticator)
    identifier = Authenticator.credential_id
    chosen: Any = select(
        Authenticator.id, column, identifier, Authenticator.public_key, Authenticator.sign_count
    ).where(identifier == bound("credential_id", identifier.type), column.is_not(None))
    return prepare(chosen, dialect)


def _counts_up_to(count: int) -> ColumnElement[bool]:
    """As the library demanded of what was read: nobody else may have counted further meanwhile."""
    grows = Authenticator.sign_count < count
    return or_(grows, Authenticator.sign_count == 0) if count == 0 else grows
