"""Asking trusted people into an account, and thinking better of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.holdings import Holding
from app.access.permission_sets import in_order
from app.core.emails import email_key
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.models import Invitation, Login, Membership
from app.projection.projection import Page, to_json
from app.schemas.invitations import Invite
from app.services import (
    account_access,
    idempotency,
    inviters,
    member_mail,
    one_time_tokens,
    pasted_secrets,
)
from app.services.account_access import Account, Person
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE = "invitation"
PURPOSE = "invitation"
"""What the link's token is good for."""
LIFETIME = timedelta(days=7)
CREATE, WITHDRAW = "customer:invitation:create", "customer:invitation:withdraw"


async def invite(
    platform: Platform, actor: Actor, form: Invite, claim: idempotency.Claim | None
) -> bytes:
    """Ask an address in, in place of an open invitation to it; the invitation as JSON.

    The answer is the same whether or not the address has a login. Without an end of its own, the
    membership ends when the inviter's does. Raises `Refusal` with ``beyond_own_permissions``,
    ``account_closed``, ``already_member`` or
    ``forbidden``; `Failure` with ``step_up_required``,
    ``too_many_requests``, ``validation_failed`` (an end that has passed, a note that asks for a
    secret), or as `idempotency` does.
    """
    require_grounds(actor, CREATE)
    async with platform.database.snapshot() as connection:
        await require_presence(platform, connection, actor)
    await platform.throttle.attempt(
        "invitation", network=actor.network, account=str(actor.customer_id)
    )
    note = await _without_secrets(platform, actor, form.note)
    async with platform.database.transaction() as connection:
        account, own = await account_access.enter(platform, connection, actor, CREATE)
        if not await inviters.is_trusted(connection, own.login_id):  # an intervention came between
            raise _refused("forbidden", CREATE, None)
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(connection, actor, _deed(platform, actor, shown))
                return before
        row = _row(platform, account, own, form) | {"note": note}
        _demand_fit(platform, account, own, row)
        await _demand_no_member(platform, connection, account, row["email_key"])
        await withdraw_open(platform, connection, account.id, row["email"])
        await connection.execute(insert(Invitation).values(**row))
        token = await one_time_tokens.issue(
            platform, connection, PURPOSE, lifetime=LIFETIME, subject_id=row["id"]
        )
        await member_mail.invite(platform, connection, account, own, row, token)
        answer = await _show(platform, connection, actor, row["id"])
        await platform.audit.add(connection, actor, _deed(platform, actor, row["id"]))
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the account's invitations, whatever became of them; on record, each of them."""
    action = "customer:invitation:list"
    page, deed = await find_page(platform, actor, action, RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    return page


async def withdraw(platform: Platform, actor: Actor, invitation_id: UUID) -> None:
    """Make an open invitation good for nothing; doing it twice is no error.

    Raises `Refusal` with ``not_found``, ``beyond_own_permissions``, or ``conflict`` for one that
    was accepted: its member can be revoked.
    """
    require_grounds(actor, WITHDRAW)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        account, own = await account_access.enter(platform, connection, actor, WITHDRAW)
        values = platform.projection.scope(actor, platform.clock()) | {"id": invitation_id}
        row = (await connection.execute(platform.projection.one(plan), values)).first()
        if row is None:
            raise _refused("not_found", WITHDRAW, invitation_id)
        invitation = platform.projection.view(plan, row)
        if not own.holding.may_all(invitation["permissions"]):
            raise _refused("beyond_own_permissions", WITHDRAW, invitation_id)
        if invitation["accepted_at"] is not None:
            raise _refused("conflict", WITHDRAW, invitation_id)
        await _void(platform, connection, Invitation.id == invitation_id)
        await platform.audit.add(
            connection,
            actor,
            Deed(
                WITHDRAW,
                subject_type=RESOURCE,
                subject_id=invitation_id,
                fields=("withdrawn_at",),
                rows=1,
                subjects=[account.id],
            ),
        )


async def withdraw_open(
    platform: Platform, connection: AsyncConnection, customer_id: UUID, email: str
) -> None:
    """Make whatever still asks an address into an account good for nothing."""
    asked = (Invitation.customer_id == customer_id, Invitation.email_key == email_key(email))
    await _void(platform, connection, *asked)


async def _void(
    platform: Platform, connection: AsyncConnection, *chosen: ColumnElement[bool]
) -> None:
    statement = (
        update(Invitation)
        .where(*chosen, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=platform.clock())
        .returning(Invitation.id)
    )
    for invitation_id in (await connection.execute(statement)).scalars().all():
        await one_time_tokens.void(platform, connection, PURPOSE, subject_id=invitation_id)


async def _without_secrets(platform: Platform, actor: Actor, note: str | None) -> str | None:
    """People paste passwords into what they write: they go neither into the mail nor a table.

    Nor is a stranger asked for one in a mail that bears our name.
    """
    if note is None or actor.id is None:
        return note
    kept = await pasted_secrets.redact(platform, actor.id, note, network=actor.network)
    require_no_ask(kept, "/note")
    return kept


def _row(platform: Platform, account: Account, own: Person, form: Invite) -> dict[str, Any]:
    """The invitation's columns, the note apart."""
    now = platform.clock()
    return {
        "id": new_id(),
        "customer_id": account.id,
        "email": form.email,
        "email_key": email_key(form.email),
        "permissions": in_order(form.granted),
        "invited_by": own.login_id,
        "created_at": now,
        "expires_at": now + LIFETIME,
        "membership_expires_at": form.expires_at or own.holding.until,
    }


def _demand_fit(platform: Platform, account: Account, own: Person, row: dict[str, Any]) -> None:
    if account.is_closed:
        raise Refusal(
            "account_closed", action=CREATE, subject_type="customer", subject_id=account.id
        )
    until = row["membership_expires_at"]
    if until is not None and until <= platform.clock():
        error = FieldError("/expires_at", "date_not_future")
        raise Failure("validation_failed", errors=[error])
    if not own.holding.covers(Holding(frozenset(row["permissions"]), until)):
        raise _refused("beyond_own_permissions", CREATE, None)


async def _demand_no_member(
    platform: Platform, connection: AsyncConnection, account: Account, key: str
) -> None:
    """Whoever may invite may see the members: this tells nothing of other logins."""
    statement = (
        select(Membership.id)
        .join(Login, Login.id == Membership.login_id)
        .where(
            Membership.customer_id == account.id,
            Membership.revoked_at.is_(None),
            or_(Membership.expires_at.is_(None), Membership.expires_at > platform.clock()),
            Login.email_key == key,
        )
    )
    if (await connection.execute(statement)).first() is not None:
        raise _refused("already_member", CREATE, None)


async def _show(
    platform: Platform, connection: AsyncConnection, actor: Actor, invitation_id: UUID
) -> bytes:
    plan = platform.projection.plan(actor, RESOURCE)
    values = platform.projection.scope(actor, platform.clock()) | {"id": invitation_id}
    row = (await connection.execute(platform.projection.one(plan), values)).one()
    return to_json(platform.projection.view(plan, row))


def _deed(platform: Platform, actor: Actor, invitation_id: UUID) -> Deed:
    """The second time, too, somebody is shown the whole invitation."""
    return Deed(
        CREATE,
        subject_type=RESOURCE,
        subject_id=invitation_id,
        fields=platform.projection.plan(actor, RESOURCE).visible,
        rows=1,
        subjects=[] if actor.customer_id is None else [actor.customer_id],
    )


def _refused(code: str, action: str, invitation_id: UUID | None) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=invitation_id)
