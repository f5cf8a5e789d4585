"""Accepting an invitation without being signed in: a login is made for the invited address."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.database import insert_unless_there
from app.core.errors import Failure
from app.core.ids import new_id
from app.models import Customer, Login, Membership
from app.schemas.invitations import AcceptAsNewLogin
from app.security.personal_data import Person
from app.services import (
    access_records,
    email_chains,
    invitation_acceptance,
    invitations,
    link_tries,
    pasted_secrets,
    policies,
    policy_acceptances,
)
from app.services.authorization import require
from app.services.invitation_acceptance import Offer
from app.services.passwords import require_acceptable
from app.services.platform import Platform
from app.services.session_watch import open_memberships

ACTION = "public:invitation:accept"


async def accept(platform: Platform, actor: Actor, form: AcceptAsNewLogin) -> bytes:
    """A login is made for the invited address and enters the account; the account, as JSON.

    Where the address has a login already that one accepts, signed in. One that has no open account
    left cannot sign in: it accepts here, with the password that it has. Raises what
    `invitation_acceptance.accept` does, and `Failure` with ``login_exists``, ``validation_failed``
    (a weak password, a name that holds one), ``policy_version_not_current`` or ``hashing_busy``.
    """
    require(actor, ACTION)
    password = form.password.get_secret_value()
    pasted_secrets.require_no_secret({"name": form.name}, password)
    await link_tries.admit(platform, actor, form.token, invitations.PURPOSE)
    async with platform.database.snapshot() as connection:  # before the costly hash
        invitation = await invitation_acceptance.look(platform, connection, form.token)
        known = await _login_of(platform, connection, invitation.email_key)
        name = select(Customer.name).where(Customer.id == invitation.customer_id)
        account_name = (await connection.execute(name)).scalar_one()
    if known is None:
        person = Person.of(name=form.name, email=invitation.email, company=account_name)
        await require_acceptable(platform, password, person)
        password_hash = await platform.hashing.hash(password)
    else:
        password_hash = await _proved(platform, actor, known, password)
    async with platform.database.transaction() as connection:
        offer = await invitation_acceptance.spend(platform, connection, form.token, ACTION)
        if known is None:
            login_id = await _make(platform, connection, form.name, password_hash, offer)
        else:
            login_id = await _same(connection, known.id, password_hash)
        await _accept_policy(platform, connection, actor, login_id, form.accepted_policy_version)
        joining = _as_login(actor, login_id, offer)
        await access_records.note(platform, connection, joining, "registration")
        return await invitation_acceptance.join(platform, connection, joining, ACTION, offer)


async def _login_of(platform: Platform, connection: AsyncConnection, key: str) -> Any:
    """The login that an address has, and whether it can sign in to any account; None without."""
    entered = exists().where(
        Membership.login_id == Login.id,
        Membership.customer_id == Customer.id,
        Customer.status != "erased",
        *open_memberships(),
    )
    statement = select(
        Login.id, Login.email_key, Login.status, Login.password_hash, entered.label("entered")
    ).where(Login.email_key == key)
    return (await connection.execute(statement, {"now": platform.clock()})).first()


async def _proved(platform: Platform, actor: Actor, known: Any, password: str) -> str:
    """The hash that the password fits. Raises `Failure("login_exists")` for any other.

    Trying passwords here costs what it does at sign-in.
    """
    if known.entered:
        raise Failure("login_exists")
    attempt = {"network": actor.network, "account": known.email_key}
    await platform.throttle.attempt("customer_sign_in", **attempt)
    verdict = await platform.hashing.verify(password, known.password_hash)
    if not verdict.ok or known.status != "active":
        raise Failure("login_exists")
    await platform.throttle.forgive("customer_sign_in", **attempt)
    found: str = known.password_hash
    return found


async def _same(connection: AsyncConnection, login_id: UUID, password_hash: str) -> UUID:
    """The login, if it still is what was proved. An intervention may have come between."""
    statement = select(Login.id).where(
        Login.id == login_id, Login.password_hash == password_hash, Login.status == "active"
    )
    if (await connection.execute(statement.with_for_update())).first() is None:
        raise Failure("login_exists")
    return login_id


async def _make(
    platform: Platform,
    connection: AsyncConnection,
    name: str,
    password_hash: str,
    offer: Offer,
) -> UUID:
    login_id, now = new_id(), platform.clock()
    row = {
        "id": login_id,
        "email": offer.invitation.email,
        "email_key": offer.invitation.email_key,
        "email_verified_at": now,
        "name": name,
        "language": offer.inviter.language,
        "status": "active",
        "password_hash": password_hash,
        "credential_changed_at": now,
        "created_at": now,
    }
    key = offer.invitation.email_key
    if not await insert_unless_there(connection, Login, row) or await email_chains.is_kept(
        platform, connection, key, login_id
    ):
        raise Failure("login_exists")
    return login_id


async def _accept_policy(
    platform: Platform, connection: AsyncConnection, actor: Actor, login_id: UUID, accepted: int
) -> None:
    version = await policies.current(connection, platform.clock)
    if version is None or version.version != accepted:
        raise Failure("policy_version_not_current")
    await policy_acceptances.record(
        connection, login_id, version, at=platform.clock(), network=actor.network
    )


def _as_login(actor: Actor, login_id: UUID, offer: Offer) -> Actor:
    """Whoever came to the public door, as the login that they have now."""
    return Actor(
        kind="login",
        viewer=Viewer.SELF,
        purpose=PURPOSES[Viewer.SELF][0],
        request_id=actor.request_id,
        id=login_id,
        customer_id=offer.account.id,
        permissions=offer.invitation.permissions,
        network=actor.network,
        device=actor.device,
        address=actor.address,
        source_port=actor.source_port,
    )
