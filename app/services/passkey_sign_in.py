"""Signing in by passkey: no name is asked for, and nobody learns which passkeys are known."""

from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import Dialect, select

from app.access.actors import Actor
from app.core.errors import Failure
from app.core.statements import Prepared, bound, prepare
from app.security.throttle_rules import ThrottledDeed
from app.services import entrances, passkeys
from app.services.audit_log import Deed
from app.services.entrances import CUSTOMER_ACTION, STAFF_ACTION, Evidence
from app.services.owners import PEOPLE, Kind, Owner
from app.services.passkeys import Asked
from app.services.platform import Platform
from app.services.proofs import Proof
from app.services.sessions import Tokens

CUSTOMER: Final[ThrottledDeed] = "customer_sign_in"
STAFF: Final[ThrottledDeed] = "staff_sign_in"
"""The purposes of the challenges, and the deeds that tries are counted under."""


async def ask_customer(platform: Platform, caller: Actor) -> Asked:
    """What a page hands to the browser. Raises `Failure("too_many_requests")`."""
    await platform.throttle.attempt(CUSTOMER, network=caller.network)
    return await passkeys.ask(platform, CUSTOMER, None)


async def ask_staff(platform: Platform, caller: Actor) -> Asked:
    """What a page hands to the browser. Raises `Failure("too_many_requests")`."""
    await platform.throttle.attempt(STAFF, network=caller.network)
    return await passkeys.ask(platform, STAFF, None)


async def customer(
    platform: Platform,
    challenge_id: UUID,
    credential: object,
    account: UUID | None,
    caller: Actor,
) -> Tokens:
    """Open a session for the login that a passkey belongs to, as `sign_in.customer` does.

    Raises `Failure("invalid_credentials")` for whatever is wrong, ``too_many_requests`` for a
    network that tries too often. The challenge is used up.
    """
    await platform.throttle.attempt(CUSTOMER, network=caller.network)
    proof = await passkeys.check(
        platform, challenge_id, credential, purpose=CUSTOMER, kind="login", owner=None
    )
    tokens = proof and await entrances.customer(
        platform, proof.owner.id, account, caller, Evidence(proof=proof)
    )
    if not proof or not tokens:
        raise await _refused(platform, CUSTOMER_ACTION, "login", proof, caller)
    await _forgive(platform, proof.owner, caller)
    return tokens


async def staff(
    platform: Platform, challenge_id: UUID, credential: object, caller: Actor
) -> Tokens:
    """Open a session for the member of staff that a passkey belongs to; raises as `customer`."""
    await platform.throttle.attempt(STAFF, network=caller.network)
    proof = await passkeys.check(
        platform, challenge_id, credential, purpose=STAFF, kind="staff", owner=None
    )
    tokens = proof and await entrances.staff(
        platform, proof.owner.id, caller, Evidence(proof=proof)
    )
    if not proof or not tokens:
        raise await _refused(platform, STAFF_ACTION, "staff_member", proof, caller)
    await _forgive(platform, proof.owner, caller)
    return tokens


async def _refused(
    platform: Platform, action: str, subject_type: str, proof: Proof | None, caller: Actor
) -> Failure:
    subject = proof.owner.id if proof else None
    deed = Deed(action, outcome="refused", subject_type=subject_type, subject_id=subject)
    await platform.audit.write(caller, deed)
    return Failure("invalid_credentials")


async def _forgive(platform: Platform, owner: Owner, caller: Actor) -> None:
    """The owner is at home in that network now, as after a password: see `throttling.py`."""
    statement = _email_key(owner.kind, platform.database.dialect)
    for (key,) in await platform.database.fetch(statement, {"owner": owner.id}):
        deed = CUSTOMER if owner.kind == "login" else STAFF
        await platform.throttle.forgive(deed, network=caller.network, account=key)


@lru_cache(maxsize=4)
def _email_key(kind: Kind, dialect: Dialect) -> Prepared:
    people = PEOPLE[kind]
    chosen = select(people.email_key).where(people.id == bound("owner", people.id.type))
    return prepare(chosen, dialect)
