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
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.permissions import member_may
from app.access.viewers import Viewer
from app.core.emails import email_key
from app.core.errors import Failure
from app.models import Customer, EmailChange, Login, Membership
from app.services import (
    customer_changes,
    email_verifications,
    link_tries,
    login_passwords,
    one_time_tokens,
    outbox,
    password_mails,
    password_resets,
    sessions,
)
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.email_changes import CONFIRMING, OPEN, UNDOING, tell_old_address
from app.services.platform import Platform
from app.services.session_watch import open_memberships

CONFIRM: Final = "public:email:change"
UNDO: Final = "public:email:undo"
END_REASON: Final = "email_change_undone"
_OF_A_LOGIN: Final = (*login_passwords.RECOVERY, email_verifications.PURPOSE)
"""Links that were mailed to the address of before, and prove no more than it."""


async def confirm(platform: Platform, actor: Actor, token: str) -> None:
    """Put the new address in its place: the account's, and the login's where it was the same.

    The login keeps its own where the new one is another login's by now. The old address is told.
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
        moved = moves and await _move_login(platform, connection, login.id, change.new_email)
        if not moved and account is None:
            raise Failure("email_taken")
        await connection.execute(
            update(EmailChange)
            .where(EmailChange.id == change.id)
            .values(confirmed_at=platform.clock(), moves_login=moved)
        )
        author = replace(actor, kind="login", viewer=Viewer.SELF, id=login.id)
        if account is not None:
            await _move_contact(platform, connection, author, account, change.new_email)
        await tell_old_address(
            platform,
            connection,
            change.id,
            change.old_email,
            login.language,
            by_agency=False,
            signs_in=moved,
            device=actor.device,
            login_id=login.id,
            customer_id=change.customer_id,
        )
        await platform.audit.add(connection, actor, _deed(CONFIRM, change))


async def undo(platform: Platform, actor: Actor, token: str) -> None:
    """Put the old address back where it was, over everything that came after.

    Sessions end: of whoever asked for the change, and of the login that has the old address; it is
    mailed a link to choose a new password. Raises `Failure` with ``one_time_token_invalid``,
    ``email_taken`` when another login has the old address by now, ``too_many_requests``.
    """
    require(actor, UNDO)
    await link_tries.admit(platform, actor, token, UNDOING)
    async with platform.database.transaction() as connection:
        change = await _change_of(platform, connection, token, UNDOING)
        holder = select(Login.id).where(Login.email_key == email_key(change.old_email))
        holder_id = (await connection.execute(holder)).scalar_one_or_none()
        concerned = {login_id for login_id in (change.login_id, holder_id) if login_id is not None}
        for login_id in sorted(concerned):
            await one_time_tokens.void(platform, connection, *_OF_A_LOGIN, login_id=login_id)
        account = await _account(connection, change)
        logins = {login.id: login for login in await _logins(connection, concerned)}
        if await one_time_tokens.spend(platform, connection, token, UNDOING) is None:
            raise Failure("one_time_token_invalid")
        await _supersede(platform, connection, change)
        owner = change.login_id if change.moves_login else holder_id
        if change.moves_login and not await _move_login(
            platform, connection, change.login_id, change.old_email
        ):
            raise Failure("email_taken")
        if account is not None:
            await _move_contact(platform, connection, actor, account, change.old_email)
        ended = [
            session_id
            for login_id in sorted(concerned)
            for session_id in await sessions.end_all(
                platform, connection, END_REASON, login_id=login_id
            )
        ]
        if owner is not None and logins[owner].status == "active":
            await _mail_recovery(platform, connection, actor, logins[owner], change.old_email)
        await platform.audit.add(connection, actor, _deed(UNDO, change))
    for session_id in ended:
        platform.sessions.forget(session_id)


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


async def _move_login(
    platform: Platform, connection: AsyncConnection, login_id: UUID, email: str
) -> bool:
    """Have a login sign in with an address whose link was opened just now.

    False, and nothing is done, when it is another login's.
    """
    statement = (
        update(Login)
        .where(Login.id == login_id)
        .values(email=email, email_key=email_key(email), email_verified_at=platform.clock())
    )
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except IntegrityError:
        return False
    return True


async def _move_contact(
    platform: Platform, connection: AsyncConnection, author: Actor, account: Any, email: str
) -> None:
    await connection.execute(
        update(Customer)
        .where(Customer.id == account.id)
        .values(email=email, email_key=email_key(email), pending_email=None)
    )
    differences = {"email": (account.email, email), "pending_email": (account.pending_email, None)}
    await customer_changes.note(platform, connection, author, account.id, differences)


async def _supersede(platform: Platform, connection: AsyncConnection, change: Any) -> None:
    """End what came after the change that is undone, and the change itself.

    Else whoever moved the address twice would undo the undoing with the second change's link.
    """
    same: list[ColumnElement[bool]] = []
    if change.moves_contact:
        same.append(and_(EmailChange.customer_id == change.customer_id, EmailChange.moves_contact))
    if change.moves_login:
        same.append(and_(EmailChange.login_id == change.login_id, EmailChange.moves_login))
    later = (
        update(EmailChange)
        .where(
            or_(*same),
            EmailChange.withdrawn_at.is_(None),
            EmailChange.undone_at.is_(None),
            or_(
                EmailChange.confirmed_at.is_(None),
                EmailChange.confirmed_at >= change.confirmed_at,
            ),
        )
        .values(undone_at=platform.clock())
        .returning(EmailChange.id)
    )
    for change_id in list((await connection.execute(later)).scalars()):
        await one_time_tokens.void(platform, connection, CONFIRMING, UNDOING, subject_id=change_id)


async def _mail_recovery(
    platform: Platform, connection: AsyncConnection, actor: Actor, login: Any, email: str
) -> None:
    token = await one_time_tokens.issue(
        platform,
        connection,
        login_passwords.RESET,
        lifetime=password_resets.LIFETIME,
        login_id=login.id,
    )
    message = password_mails.choose(
        platform,
        actor,
        token,
        password_resets.LIFETIME,
        recipient=email,
        language=login.language,
        login_id=login.id,
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
