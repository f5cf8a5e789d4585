"""Changing who may do what in an account: permissions, an end, a pause, revoking, leaving.

Nobody gives more than they hold, touches a member who holds more than they do, or changes their
own place; and somebody who owns the account for good always stays.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.holdings import Holding
from app.access.permission_sets import in_order
from app.core.errors import Failure, FieldError, Refusal
from app.models import Membership
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Shown
from app.services import account_access, invitations, member_mail, sessions
from app.services.account_access import Account, Person
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.member_mail import Change
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE = "membership"
UPDATE = "customer:membership:update"
REVOKE = "customer:membership:revoke"
LEAVE = "customer:membership:leave"

FIELD_OF = {"suspended": "suspended_at"}
"""Members of the body that are kept in another form."""
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded body to the values to store, by member of the body."""
END_REASON = "membership_changed"
"""Why a session was ended that outlived what it was opened on."""


async def change(
    platform: Platform,
    actor: Actor,
    member_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Change a member's permissions, end or pause; the record as the caller now sees it.

    Raises `Refusal`, each on record, for a member of the body that is not the caller's to write,
    and with ``not_found``, ``precondition_failed``, ``own_membership``,
    ``beyond_own_permissions``, ``last_owner``; `Failure` with ``step_up_required``, or
    ``validation_failed`` for an end that has passed.
    """
    require_grounds(actor, UPDATE)
    plan = platform.projection.plan(actor, RESOURCE)
    read_changes(plan, {FIELD_OF.get(name, name): value for name, value in body.items()}, UPDATE)
    named = validate(body)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        account, own = await account_access.enter(platform, connection, actor, UPDATE)
        before = await _find(platform, connection, actor, plan, member_id, UPDATE)
        if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
            raise _refused("precondition_failed", UPDATE, member_id)
        _demand_other_and_lesser(own, before, UPDATE)
        changes = _changes(platform, before, named)
        after = View(before | changes)
        _demand_no_more(platform, own, before, after)
        await _demand_an_owner(platform, connection, account, before, after, UPDATE)
        stale = await _store(platform, connection, account, before, after)
        if after != before:
            await member_mail.tell(
                platform,
                connection,
                account,
                before["login"]["id"],
                _word(before, after),
                _holding(after),
                by=own.name,
            )
        shown = await _find(platform, connection, actor, plan, member_id, UPDATE)
        await platform.audit.add(
            connection,
            actor,
            _deed(UPDATE, account, member_id, tuple(sorted(changes))),
            Deed(
                "customer:membership:read",
                subject_type=RESOURCE,
                subject_id=member_id,
                fields=plan.visible,
                rows=1,
            ),
        )
    _forget(platform, stale)
    return platform.projection.show(plan, shown)


async def revoke(platform: Platform, actor: Actor, member_id: UUID) -> None:
    """Take a member's place away, and with it an open invitation to come back.

    Raises what `change` does, If-Match apart.
    """
    require_grounds(actor, REVOKE)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        account, own = await account_access.enter(platform, connection, actor, REVOKE)
        before = await _find(platform, connection, actor, plan, member_id, REVOKE)
        _demand_other_and_lesser(own, before, REVOKE)
        stale = await _remove(platform, connection, actor, account, before, REVOKE, own.name)
    _forget(platform, stale)


async def leave(platform: Platform, actor: Actor) -> None:
    """Give the caller's own place up.

    Raises `Refusal("last_owner")`, `Failure("step_up_required")`.
    """
    require_grounds(actor, LEAVE)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        account, own = await account_access.enter(platform, connection, actor, LEAVE)
        before = await _find(platform, connection, actor, plan, own.membership_id, LEAVE)
        stale = await _remove(platform, connection, actor, account, before, LEAVE, None)
    _forget(platform, stale)


async def _find(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    member_id: UUID,
    action: str,
) -> View:
    values = platform.projection.scope(actor, platform.clock()) | {"id": member_id}
    row = (await connection.execute(platform.projection.one(plan), values)).first()
    if row is None:
        raise _refused("not_found", action, member_id)
    return platform.projection.view(plan, row)


def _demand_other_and_lesser(own: Person, member: View, action: str) -> None:
    if member["id"] == own.membership_id:
        raise _refused("own_membership", action, member["id"])
    if not own.holding.may_all(member["permissions"]):
        raise _refused("beyond_own_permissions", action, member["id"])


def _changes(platform: Platform, before: View, named: Mapping[str, Any]) -> dict[str, Any]:
    """The values to store, by field of the matrix."""
    changes, now = dict(named), platform.clock()
    if "permissions" in changes:
        changes["permissions"] = in_order(changes["permissions"])
    if "suspended" in changes:
        since = before["suspended_at"] or now
        changes["suspended_at"] = since if changes.pop("suspended") else None
    ends = changes.get("expires_at")
    if ends is not None and ends != before["expires_at"] and ends <= now:
        error = FieldError("/expires_at", "date_not_future")
        raise Failure("validation_failed", errors=[error])
    return changes


def _demand_no_more(platform: Platform, own: Person, before: View, after: View) -> None:
    """What a member gains by a change must be no more than the caller holds."""
    now = platform.clock()
    reopened = _is_open(after, now) and not _is_open(before, now)
    gains = reopened or not _holding(before).covers(_holding(after))
    if gains and not own.holding.covers(_holding(after)):
        raise _refused("beyond_own_permissions", UPDATE, before["id"])


async def _demand_an_owner(
    platform: Platform,
    connection: AsyncConnection,
    account: Account,
    before: View,
    after: View,
    action: str,
) -> None:
    """Whoever owns the account for good may only go, or be less, while another one stays."""
    now = platform.clock()
    was, stays = (
        _is_open(view, now) and _holding(view).is_lasting_owner for view in (before, after)
    )
    if not was or stays:
        return
    others = await account_access.owners(platform, connection, account.id)
    if not any(
        owner.holding.is_lasting_owner and owner.membership_id != before["id"] for owner in others
    ):
        raise _refused("last_owner", action, before["id"])


async def _store(
    platform: Platform, connection: AsyncConnection, account: Account, before: View, after: View
) -> list[UUID]:
    """Write the new state; the ids of the member's sessions that must be looked at anew."""
    columns = {
        name: after[name] for name in ("permissions", "expires_at", "suspended_at", "revoked_at")
    }
    await connection.execute(
        update(Membership).where(Membership.id == before["id"]).values(**columns)
    )
    login_id, now = before["login"]["id"], platform.clock()
    if _is_open(before, now) and _is_open(after, now):
        return await account_access.sessions_of(connection, account.id, login_id)
    # A place that opens again is entered by a new sign-in, not by what was left lying about.
    return await sessions.end_all(
        platform, connection, END_REASON, Owner("login", login_id), customer_id=account.id
    )


async def _remove(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    account: Account,
    before: View,
    action: str,
    by: str | None,
) -> list[UUID]:
    after = View(before | {"revoked_at": platform.clock()})
    await _demand_an_owner(platform, connection, account, before, after, action)
    stale = await _store(platform, connection, account, before, after)
    await invitations.withdraw_open(platform, connection, account.id, before["login"]["email"])
    word: Change = "left" if by is None else "revoked"
    login_id = before["login"]["id"]
    await member_mail.tell(platform, connection, account, login_id, word, _holding(after), by=by)
    await platform.audit.add(
        connection, actor, _deed(action, account, before["id"], ("revoked_at",))
    )
    return stale


def _word(before: View, after: View) -> Change:
    """What happened, as the mail tells it."""
    if bool(before["suspended_at"]) != bool(after["suspended_at"]):
        return "suspended" if after["suspended_at"] else "resumed"
    return "changed"


def _holding(member: View) -> Holding:
    return Holding(frozenset(member["permissions"]), member["expires_at"])


def _is_open(member: View, now: datetime) -> bool:
    expired = member["expires_at"] is not None and member["expires_at"] <= now
    return member["suspended_at"] is None and member["revoked_at"] is None and not expired


def _deed(action: str, account: Account, member_id: UUID, fields: tuple[str, ...]) -> Deed:
    """With the account among its subjects: its owners see in their log who did it."""
    return Deed(
        action,
        subject_type=RESOURCE,
        subject_id=member_id,
        fields=fields,
        rows=1,
        subjects=[account.id],
    )


def _refused(code: str, action: str, member_id: UUID) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=member_id)


def _forget(platform: Platform, stale: Sequence[UUID]) -> None:
    for session in stale:
        platform.sessions.forget(session)
