"""The links of a change of e-mail: the new address confirms it, the old one undoes it.

Rows are locked in one order everywhere: account, logins, changes, then the links of changes. The
links of a login's own (recovery, verification) come before all of them, as whoever spends one of
those has it first.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.permissions import member_may
from app.access.viewers import Viewer
from app.core.emails import email_key
from app.core.errors import Failure
from app.models import Customer, EmailChange, Login, Membership
from app.services import (
    access_records,
    disabling,
    email_chains,
    email_moves,
    email_verifications,
    link_tries,
    new_passwords,
    one_time_tokens,
    outbox,
    password_mails,
    password_resets,
)
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.email_chains import CONFIRMING, UNDOING
from app.services.email_changes import OPEN, tell_old_address
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.session_watch import open_memberships

CONFIRM: Final = "public:email:change"
UNDO: Final = "public:email:undo"
END_REASON: Final = "email_change_undone"
_OF_A_LOGIN: Final = (*new_passwords.RECOVERY, email_verifications.PURPOSE)
"""Links that were mailed to the address of before, and prove no more than it."""


async def confirm(platform: Platform, actor: Actor, token: str) -> None:
    """Put the new address in its place: the account's, and the login's where it was the same.

    The login keeps its own where the new one is another login's by now. The old address is told;
    only the one from before every change of the last week is sent a link to undo it.
    Raises `Failure` with ``one_time_token_invalid`` (used, expired, withdrawn, or whoever asked may
    not any more), ``email_taken`` when only the login was to move, ``too_many_requests``.
    """
    require(actor, CONFIRM)
    await link_tries.admit(platform, actor, token, CONFIRMING)
    async with platform.database.transaction() as connection:
        change = await _change_of(platform, connection, token, CONFIRMING)
        if change.moves_login:
            await one_time_tokens.void(platform, connection, *_OF_A_LOGIN, login_id=change.login_id)
        account = await _account(connection, change)
        [login] = await _logins(connection, [change.login_id])
        still_open = select(EmailChange.id).where(*OPEN, EmailChange.id == change.id)
        if (
            (await connection.execute(still_open.with_for_update())).first() is None
            or login.status != "active"
            or not await _may_still(platform, connection, change)
            or await one_time_tokens.spend(platform, connection, token, CONFIRMING) is None
        ):
            raise Failure("one_time_token_invalid")
        moves = change.moves_login and login.email_key == email_key(change.old_email)
        moved = moves and await email_moves.move_login(
            platform, connection, login.id, change.new_email
        )
        if not moved and account is None:
            raise Failure("email_taken")
        await connection.execute(
            update(EmailChange)
            .where(EmailChange.id == change.id)
            .values(confirmed_at=platform.clock(), moves_login=moved)
        )
        undoable = await email_chains.extend(platform, connection, change.id)
        author = replace(actor, kind="login", viewer=Viewer.SELF, id=login.id)
        if account is not None:
            await email_moves.move_contact(platform, connection, author, account, change.new_email)
        await tell_old_address(
            platform,
            connection,
            change.id,
            change.old_email,
            login.language,
            by_agency=False,
            signs_in=moved,
            undoable=undoable,
            device=actor.device,
            login_id=login.id,
            customer_id=change.customer_id,
        )
        await platform.audit.add(connection, actor, _deed(CONFIRM, change))
        await access_records.note_of_login(platform, connection, actor, "email_changed", login.id)


async def undo(platform: Platform, actor: Actor, token: str) -> None:
    """Put the old address back where it was, over everything that came after.

    Whoever asked for the change, and the login that has the old address, are shut out: their
    sessions end and their passwords open nothing. The old address is mailed a link to choose a new
    one. Raises `Failure` with ``one_time_token_invalid``, ``email_taken`` when another login has
    the old address by now (all else is done), ``too_many_requests``.
    """
    require(actor, UNDO)
    await link_tries.admit(platform, actor, token, UNDOING)
    async with platform.database.transaction() as connection:
        change = await _change_of(platform, connection, token, UNDOING)
        owner = change.login_id
        if not change.moves_login:
            holder = select(Login.id).where(Login.email_key == email_key(change.old_email))
            owner = (await connection.execute(holder)).scalar_one_or_none()
        concerned = sorted({each for each in (change.login_id, owner) if each is not None})
        for login_id in concerned:
            await one_time_tokens.void(platform, connection, *_OF_A_LOGIN, login_id=login_id)
        account = await _account(connection, change)
        logins = {login.id: login for login in await _logins(connection, concerned)}
        if await one_time_tokens.spend(platform, connection, token, UNDOING) is None:
            raise Failure("one_time_token_invalid")
        restored = not change.moves_login or await email_moves.move_login(
            platform, connection, change.login_id, change.old_email
        )
        # A login that could not come back keeps its anchor: whoever has it now gets no link.
        await _supersede(platform, connection, change, itself=restored)
        if account is not None:
            await email_moves.move_contact(platform, connection, actor, account, change.old_email)
        ended = await disabling.shut_out(platform, connection, concerned, END_REASON)
        if owner is not None and logins[owner].status == "active":
            await _mail_recovery(platform, connection, actor, logins[owner], change.old_email)
        await platform.audit.add(connection, actor, _deed(UNDO, change))
        if owner is not None:
            await access_records.note_of_login(platform, connection, actor, "email_changed", owner)
    platform.sessions.forget(*(session.id for session in ended))
    if not restored:
        raise Failure("email_taken")


async def _change_of(
    platform: Platform, connection: AsyncConnection, token: str, purpose: str
) -> Any:
    """What a good link is about; it is spent only once the rows are locked."""
    found = await one_time_tokens.look(platform, connection, token, purpose)
    if found is None:
        raise Failure("one_time_token_invalid")
    statement = select(EmailChange.__table__).where(EmailChange.id == found.subject_id)
    change = (await connection.execute(statement)).first()
    if change is None:
        raise Failure("one_time_token_invalid")
    return change


async def _account(connection: AsyncConnection, change: Any) -> Any:
    """The account whose own address changes, locked; None where only a login moves."""
    if not change.moves_contact:
        return None
    statement = select(Customer.id, Customer.email, Customer.pending_email, Customer.status).where(
        Customer.id == change.customer_id
    )
    account = (await connection.execute(statement.with_for_update())).one()
    if account.status in ("closed", "erased"):  # kept for the law, not for its owner to edit
        raise Failure("one_time_token_invalid")
    return account


async def _logins(connection: AsyncConnection, ids: Collection[UUID]) -> list[Any]:
    statement = (
        select(Login.id, Login.email_key, Login.language, Login.status)
        .where(Login.id.in_(ids))
        .order_by(Login.id)
    )
    return list(await connection.execute(statement.with_for_update()))


async def _may_still(platform: Platform, connection: AsyncConnection, change: Any) -> bool:
    """Whether whoever asked may still change the account. Their own address they may always."""
    if not change.moves_contact:
        return True
    statement = select(Membership.permissions).where(
        Membership.login_id == change.login_id,
        Membership.customer_id == change.customer_id,
        *open_memberships(),
    )
    held = (await connection.execute(statement, {"now": platform.clock()})).scalar_one_or_none()
    return held is not None and member_may(held, "customer:customer:update")


async def _supersede(
    platform: Platform, connection: AsyncConnection, change: Any, *, itself: bool
) -> None:
    """End what came after the change that is undone, and the change `itself`.

    Else whoever moved the address twice would undo the undoing with the second change's link.
    """
    same: list[ColumnElement[bool]] = []
    if change.moves_contact:
        same.append(and_(EmailChange.customer_id == change.customer_id, EmailChange.moves_contact))
    if change.moves_login:
        same.append(and_(EmailChange.login_id == change.login_id, EmailChange.moves_login))
    later = select(EmailChange.__table__).where(
        or_(*same),
        EmailChange.withdrawn_at.is_(None),
        EmailChange.undone_at.is_(None),
        or_(
            EmailChange.confirmed_at.is_(None),
            EmailChange.confirmed_at >= change.confirmed_at,
        ),
    )
    found = await connection.execute(later.order_by(EmailChange.id).with_for_update())
    changes = [each for each in found if itself or each.id != change.id]
    await email_chains.let_go(platform, connection, changes, change)


async def _mail_recovery(
    platform: Platform, connection: AsyncConnection, actor: Actor, login: Any, email: str
) -> None:
    token = await one_time_tokens.issue(
        platform,
        connection,
        new_passwords.RESET,
        lifetime=password_resets.LIFETIME,
        login_id=login.id,
    )
    message = password_mails.choose(
        platform,
        actor,
        token,
        password_resets.LIFETIME,
        Owner("login", login.id),
        recipient=email,
        language=login.language,
    )
    await outbox.queue(platform, connection, message)


def _deed(action: str, change: Any) -> Deed:
    contact = change.moves_contact
    return Deed(
        action,
        subject_type="customer" if contact else "login",
        subject_id=change.customer_id if contact else change.login_id,
        fields=("email",),
        rows=1,
    )
