"""Adding a second factor, in two steps: what is to be set up, and the proof that it was."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.models import Authenticator, RecoveryCode
from app.security import totp
from app.security.passkeys import PasskeyRefused
from app.services import (
    challenges,
    factor_notices,
    owners,
    passkeys,
    pasted_secrets,
    recovery_codes,
    second_factors,
    totp_codes,
)
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.own_authenticators import RESOURCE
from app.services.owners import Contact, Owner, door_of, owner_of
from app.services.passkeys import Asked
from app.services.platform import Platform
from app.services.presence import require_presence

MOST: Final = 10
"""Second factors of one owner; nobody carries more."""
KEPT: Final = timedelta(days=1)
PASSKEY: Final = "passkey_registration"


@dataclass(frozen=True, slots=True)
class StartedTotp:
    """What goes into an authenticator app: the secret, and the same as an address for a QR code."""

    id: UUID
    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Added:
    """A second factor that is in use; ten codes come with the first one, told this once."""

    id: UUID
    recovery_codes: tuple[str, ...] | None


async def start_totp(platform: Platform, connection: AsyncConnection, actor: Actor) -> StartedTotp:
    """A fresh secret, told this once. It opens nothing until a code of it is confirmed.

    One that was started before and never confirmed is forgotten.
    """
    owner, contact = await _begin(platform, connection, actor)
    unconfirmed = (
        owner.owns(Authenticator),
        Authenticator.kind == "totp",
        Authenticator.confirmed_at.is_(None),
    )
    await connection.execute(delete(Authenticator).where(*unconfirmed))
    await _demand_room(connection, owner)
    authenticator_id, secret = new_id(), totp.new_secret()
    await connection.execute(
        insert(Authenticator).values(
            id=authenticator_id,
            **owner.columns,
            kind="totp",
            name=totp_codes.USUAL_NAME,
            secret=totp_codes.seal(platform, owner, secret),
            created_at=platform.clock(),
        )
    )
    deed = Deed(_action(actor), subject_type=RESOURCE, subject_id=authenticator_id)
    await platform.audit.add(connection, actor, deed)
    return StartedTotp(authenticator_id, secret, totp.provisioning_uri(secret, contact.email))


async def confirm_totp(
    platform: Platform, actor: Actor, authenticator_id: UUID, code: str, name: str | None
) -> Added:
    """Take what was started into use, with the proof that the app makes its codes.

    The code opens nothing else. Raises `Failure` with ``step_up_required``, ``validation_failed``
    for a wrong code or a name that holds a secret, ``too_many_requests``; `Refusal("not_found")`.
    """
    pasted_secrets.require_no_secret({"name": name})
    await second_factors.count_guess(platform, owner_of(actor), actor.network)
    async with platform.database.transaction() as connection:
        owner, contact = await _begin(platform, connection, actor)
        started = select(Authenticator.secret, Authenticator.name).where(
            Authenticator.id == authenticator_id,
            owner.owns(Authenticator),
            Authenticator.kind == "totp",
            Authenticator.confirmed_at.is_(None),
        )
        row = (await connection.execute(started)).first()
        if row is None:
            raise Refusal(
                "not_found",
                action=_action(actor),
                subject_type=RESOURCE,
                subject_id=authenticator_id,
            )
        step = totp_codes.step_of(platform, owner, row.secret or b"", code, None)
        if step is None:
            raise Failure("validation_failed", errors=[FieldError("/code", "code_incorrect")])
        called = name or row.name
        await connection.execute(
            update(Authenticator)
            .where(Authenticator.id == authenticator_id)
            .values(name=called, confirmed_at=platform.clock(), last_step=step)
        )
        added = await _finish(
            platform, connection, actor, contact, authenticator_id, "totp_added", called
        )
    await second_factors.forgive(platform, owner, actor.network)
    return added


async def ask_passkey(platform: Platform, connection: AsyncConnection, actor: Actor) -> Asked:
    """What a page hands to the browser to make a passkey. Raises as `start_totp` does."""
    owner, contact = await _begin(platform, connection, actor)
    await _demand_room(connection, owner)
    challenge_id, challenge = await challenges.issue(platform, connection, PASSKEY, owner)
    options = platform.relying_party.creation_options(
        challenge=challenge,
        user_handle=owner.id.bytes,
        user_name=contact.email,
        display_name=contact.name,
        known=await passkeys.held(connection, owner),
    )
    return Asked(challenge_id, options)


async def add_passkey(
    platform: Platform, actor: Actor, challenge_id: UUID, credential: object, name: str
) -> Added:
    """Take a passkey into use that a browser made for the challenge, which is used up.

    Raises `Failure` with ``step_up_required``, ``validation_failed`` (a name that holds a secret),
    ``passkey_refused`` (for whatever is wrong with the answer), ``too_many_authenticators``.
    """
    pasted_secrets.require_no_secret({"name": name})
    async with platform.database.transaction() as connection:
        owner, _ = await _begin(platform, connection, actor)
        challenge = await challenges.take(platform, connection, challenge_id, PASSKEY, owner)
    if challenge is None:
        raise Failure("passkey_refused")
    try:
        passkey = platform.relying_party.registered(credential, challenge)
    except PasskeyRefused:
        raise Failure("passkey_refused") from None
    async with platform.database.transaction() as connection:
        owner, contact = await _begin(platform, connection, actor)
        await _demand_room(connection, owner)
        now = platform.clock()
        row: dict[str, Any] = {
            "id": new_id(),
            **owner.columns,
            "kind": "passkey",
            "name": name,
            "credential_id": passkey.credential_id,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
            "transports": passkey.transports,
            "created_at": now,
            "confirmed_at": now,
        }
        if not await insert_unless_there(connection, Authenticator, row):
            raise Failure("passkey_refused")  # known already, perhaps as somebody else's
        return await _finish(platform, connection, actor, contact, row["id"], "passkey_added", name)


async def purge(platform: Platform) -> None:
    """Forget what was started a day ago and never confirmed."""
    stale = (
        Authenticator.confirmed_at.is_(None),
        Authenticator.created_at < platform.clock() - KEPT,
    )
    async with platform.database.transaction() as connection:
        await connection.execute(delete(Authenticator).where(*stale))


def _action(actor: Actor) -> str:
    return f"{door_of(actor)}:authenticator:add"


async def _begin(
    platform: Platform, connection: AsyncConnection, actor: Actor
) -> tuple[Owner, Contact]:
    require_grounds(actor, _action(actor))
    await require_presence(platform, connection, actor)
    owner = owner_of(actor)
    return owner, await owners.lock(connection, owner)


async def _demand_room(connection: AsyncConnection, owner: Owner) -> None:
    statement = select(func.count()).where(owner.owns(Authenticator))
    if (await connection.execute(statement)).scalar_one() >= MOST:
        raise Failure("too_many_authenticators", params={"limit": MOST})


async def _finish(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    contact: Contact,
    authenticator_id: UUID,
    change: factor_notices.Change,
    name: str,
) -> Added:
    """What follows once a factor is in use: codes with the first one, a mail, the record."""
    owner = owner_of(actor)
    has_codes = select(RecoveryCode.digest).where(owner.owns(RecoveryCode)).limit(1)
    codes = None
    if (await connection.execute(has_codes)).first() is None:
        codes = await recovery_codes.replace(platform, connection, owner)
    await factor_notices.tell(platform, connection, owner, contact, actor, change, factor=name)
    deed = Deed(_action(actor), subject_type=RESOURCE, subject_id=authenticator_id, rows=1)
    await platform.audit.add(connection, actor, deed)
    return Added(authenticator_id, codes)
