"""Step-up (RFC 9470): the holder of a session proves to be there now, for five minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Dialect, select, update

from app.access.actors import Actor
from app.core.errors import Failure
from app.core.statements import Prepared, bound, prepare
from app.models import Login, Session
from app.services import access_records, passkeys, second_factors
from app.services.audit_log import Deed
from app.services.owners import Owner, owner_of
from app.services.passkeys import Asked
from app.services.platform import Platform
from app.services.presence import FRESH
from app.services.proofs import Proof
from app.services.second_factors import Code

ACTION: Final = "auth:session:step_up"
SECONDS: Final = int(FRESH.total_seconds())


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown: a password, a code, or a passkey's answer to `ask`."""

    password: str | None = None
    code: Code | None = None
    challenge_id: UUID | None = None
    credential: Mapping[str, Any] | None = None


async def ask(platform: Platform, actor: Actor) -> Asked:
    """What a page hands to the browser for a passkey of the caller's to answer."""
    await platform.throttle.attempt("second_factor", network=actor.network)
    return await passkeys.ask(platform, ACTION, owner_of(actor))


async def prove(platform: Platform, actor: Actor, shown: Shown) -> datetime:
    """Note in the caller's session that they are there; returns since when.

    Raises `Failure` with ``stronger_proof_required`` for a password of somebody who has a second
    factor, ``invalid_credentials`` for whatever else is wrong, ``too_many_requests``,
    ``hashing_busy``, ``session_ended``.
    """
    owner = owner_of(actor)
    await second_factors.count_guess(platform, owner, actor.network)
    proof = None
    if shown.password is None:
        proof = await _proof(platform, owner, shown)
        good = proof is not None
    elif owner.kind != "login" or await second_factors.stands(platform, owner):
        raise await _refused(platform, actor, "stronger_proof_required")
    else:
        good = await _knows(platform, owner, shown.password)
    proved_at = await _note(platform, actor, proof) if good else None
    if proved_at is None:
        raise await _refused(platform, actor, "invalid_credentials")
    await second_factors.forgive(platform, owner, actor.network)
    return proved_at


async def _proof(platform: Platform, owner: Owner, shown: Shown) -> Proof | None:
    if shown.code is not None:
        return await second_factors.check(platform, owner, shown.code)
    if shown.challenge_id is None:
        return None
    return await passkeys.check(
        platform, shown.challenge_id, shown.credential, purpose=ACTION, kind=owner.kind, owner=owner
    )


async def _knows(platform: Platform, owner: Owner, password: str) -> bool:
    """Whether it is the password of a login, which has no other factor."""
    statement = _stored(platform.database.dialect)
    rows = await platform.database.fetch(statement, {"login": owner.id})
    verdict = await platform.hashing.verify(password, rows[0][0] if rows else None)
    return verdict.ok


async def _note(platform: Platform, actor: Actor, proof: Proof | None) -> datetime | None:
    """When the proof was noted; None if it was used up meanwhile, or the session has ended."""
    now = platform.clock()
    noting = (
        update(Session)
        .where(
            Session.id == actor.session_id,
            Session.ended_at.is_(None),
            Session.expires_at > now,
        )
        .values(proved_at=now)
        .returning(Session.id)
    )
    async with platform.database.transaction() as connection:
        if proof is not None and not await second_factors.use(platform, connection, proof, actor):
            return None
        if (await connection.execute(noting)).first() is None:
            raise Failure("session_ended")
        deed = Deed(ACTION, subject_type="session", subject_id=actor.session_id, rows=1)
        await platform.audit.add(connection, actor, deed)
        await access_records.note(platform, connection, actor, "step_up")
    return now


async def _refused(platform: Platform, actor: Actor, code: str) -> Failure:
    await platform.audit.write(
        actor,
        Deed(ACTION, outcome="refused", subject_type="session", subject_id=actor.session_id),
    )
    return Failure(code)


@lru_cache(maxsize=2)
def _stored(dialect: Dialect) -> Prepared:
    chosen = select(Login.password_hash).where(Login.id == bound("login", Login.id.type))
    return prepare(chosen, dialect)
