"""Accepting an invitation: the bearer of the link enters the account with a login of theirs.

The link proves that its bearer reads the address's mail. What was offered is measured once more
against what the inviter holds at this moment.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.holdings import Holding
from app.access.permissions import member_may
from app.core.errors import Failure, Refusal
from app.core.ids import new_id
from app.models import Invitation, Login, Membership
from app.projection.projection import to_json
from app.services import (
    account_access,
    accounts,
    invitations,
    inviters,
    link_tries,
    member_mail,
    one_time_tokens,
    sessions,
)
from app.services.account_access import Account, Person
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.member_changes import END_REASON
from app.services.owners import Owner
from app.services.platform import Platform

ACTION = "customer:invitation:accept"


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation (a row of its table) whose token was spent, its account, and who invited."""

    invitation: Any
    account: Account
    inviter: Person


async def accept(platform: Platform, actor: Actor, token: str) -> bytes:
    """The caller's login enters the account that invited its address; the account, as JSON.

    Raises `Failure` with ``one_time_token_invalid`` or ``too_many_requests``; `Refusal` with
    ``invitation_for_another``, ``invitation_lapsed`` or ``already_member``.
    """
    require(actor, ACTION)
    await link_tries.admit(platform, actor, token, invitations.PURPOSE)
    async with platform.database.transaction() as connection:
        offer = await spend(platform, connection, token, ACTION)
        own = select(Login.email_key).where(Login.id == actor.id)
        if (await connection.execute(own)).scalar_one() != offer.invitation.email_key:
            raise refused("invitation_for_another", ACTION, offer.invitation.id)
        return await join(platform, connection, actor, ACTION, offer)


async def look(platform: Platform, connection: AsyncConnection, token: str) -> Any:
    """The invitation of a token that is good. Raises `Failure("one_time_token_invalid")`."""
    found = await one_time_tokens.look(platform, connection, token, invitations.PURPOSE)
    if found is None:
        raise Failure("one_time_token_invalid")
    statement = select(*Invitation.__table__.columns).where(Invitation.id == found.subject_id)
    return (await connection.execute(statement)).one()


async def spend(platform: Platform, connection: AsyncConnection, token: str, action: str) -> Offer:
    """Spend the token, with the account locked. It stays good where the transaction fails.

    Raises `Failure("one_time_token_invalid")`, and `Refusal("invitation_lapsed")` when the account
    is closed, the inviter holds less by now than they offered, or must choose a new password first.
    """
    invitation = await look(platform, connection, token)
    account = await account_access.lock(connection, invitation.customer_id)
    trusted = await inviters.is_trusted(connection, invitation.invited_by, invitation.email_key)
    if await one_time_tokens.spend(platform, connection, token, invitations.PURPOSE) is None:
        raise Failure("one_time_token_invalid")  # somebody else was first
    inviter = await account_access.member(platform, connection, account.id, invitation.invited_by)
    until = invitation.membership_expires_at
    offered = Holding(frozenset(invitation.permissions), until)
    if (
        account.is_closed
        or not trusted
        or (until is not None and until <= platform.clock())
        or inviter is None
        or not member_may(inviter.holding.permissions, invitations.CREATE)
        or not inviter.holding.covers(offered)
    ):
        raise refused("invitation_lapsed", action, invitation.id)
    return Offer(invitation, account, inviter)


async def join(
    platform: Platform, connection: AsyncConnection, actor: Actor, action: str, offer: Offer
) -> bytes:
    """The actor's login becomes a member; the account as it is shown to them, as JSON.

    Raises `Refusal("already_member")`, to somebody whose place is suspended, too.
    """
    assert actor.id is not None  # noqa: S101 - a login: whoever calls has looked it up
    now = platform.clock()
    membership_id = await _seat(platform, connection, actor.id, action, offer)
    await connection.execute(
        update(Invitation).where(Invitation.id == offer.invitation.id).values(accepted_at=now)
    )
    await connection.execute(  # the link came by mail: the address is theirs
        update(Login)
        .where(Login.id == actor.id)
        .values(email_verified_at=func.coalesce(Login.email_verified_at, now))
    )
    granted = Holding(
        frozenset(offer.invitation.permissions), offer.invitation.membership_expires_at
    )
    await member_mail.tell(
        platform, connection, offer.account, actor.id, "joined", granted, by=None
    )
    shown = await accounts.show(platform, connection, actor, offer.account.id)
    await platform.audit.add(
        connection,
        actor,
        Deed(
            action,
            subject_type=accounts.RESOURCE,
            subject_id=offer.account.id,
            fields=accounts.FIELDS,
            rows=1,
            subjects=[membership_id],
        ),
    )
    return to_json(shown)


def refused(code: str, action: str, invitation_id: UUID) -> Refusal:
    """A refusal about an invitation, for the record."""
    return Refusal(code, action=action, subject_type=invitations.RESOURCE, subject_id=invitation_id)


async def _seat(
    platform: Platform, connection: AsyncConnection, login_id: UUID, action: str, offer: Offer
) -> UUID:
    """A new place, or the one that the login had and lost, made anew; its id."""
    now = platform.clock()
    columns = {
        "permissions": offer.invitation.permissions,
        "invited_by": offer.inviter.login_id,
        "created_at": now,
        "expires_at": offer.invitation.membership_expires_at,
        "suspended_at": None,
        "revoked_at": None,
    }
    place = select(Membership.id, Membership.revoked_at, Membership.expires_at).where(
        Membership.login_id == login_id, Membership.customer_id == offer.account.id
    )
    held = (await connection.execute(place)).first()
    if held is None:
        membership_id = new_id()
        row = {"id": membership_id, "login_id": login_id, "customer_id": offer.account.id}
        await connection.execute(insert(Membership).values(**row, **columns))
        return membership_id
    if held.revoked_at is None and (held.expires_at is None or held.expires_at > now):
        raise refused("already_member", action, offer.invitation.id)
    await connection.execute(update(Membership).where(Membership.id == held.id).values(**columns))
    # What was left open before is not what opens the account now: one signs in anew.
    await sessions.end_all(
        platform, connection, END_REASON, Owner("login", login_id), customer_id=offer.account.id
    )
    found: UUID = held.id
    return found
