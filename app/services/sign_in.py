"""Signing in. Whoever fails learns neither whether the address is known nor what was wrong.

Tries are counted by the address that was typed, known or not, before anything is looked up.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.viewers import STAFF_ROLES, Viewer
from app.core.emails import email_key, normalise_email
from app.core.errors import Failure
from app.core.statements import bound, prepare
from app.core.text import FieldRefused
from app.models import Customer, Login, Membership, StaffMember, table_of
from app.security import totp
from app.security.sealing import SealBroken
from app.services.audit_log import Deed
from app.services.platform import Platform
from app.services.session_watch import LiveSession, open_memberships
from app.services.sessions import Holder, Tokens, actor_of, open_session

CUSTOMER_ACTION = "auth:customer:sign_in"
STAFF_ACTION = "auth:staff:sign_in"


async def customer(
    platform: Platform, username: str, password: str, account: UUID | None, caller: Actor
) -> Tokens:
    """Open a session for a login, on one of its accounts: `account`, else the oldest membership.

    Raises `Failure("invalid_credentials")` for whatever is wrong, after the same work;
    `Failure("too_many_requests")` for who tried too often, `Failure("hashing_busy")` when too many
    sign in at once.
    """
    key = _key(username)
    await platform.throttle.attempt("customer_sign_in", network=caller.network, account=key)
    found = await _find(platform, _LOGIN, key)
    stored = found["password_hash"] if found else None
    verdict = await platform.hashing.verify(password, stored)
    if found is None or not verdict.ok or found["status"] != "active":
        raise await _refused(platform, CUSTOMER_ACTION, "login", found, caller)
    fresh = await platform.hashing.hash(password) if verdict.needs_rehash else None
    tokens = None
    async with platform.database.transaction() as connection:
        asked = {"login": found["id"], "account": account, "now": platform.clock()}
        customer_id = (
            await connection.execute(_OLDEST if account is None else _NAMED, asked)
        ).scalar_one_or_none()
        if customer_id is not None:
            holder = Holder("customer", found["id"], Viewer.SELF, customer_id)
            session_id, tokens = await open_session(
                platform, connection, holder, caller, ("password",)
            )
            await _note_customer(platform, connection, found, customer_id, fresh)
            live = LiveSession(session_id, "customer", Viewer.SELF, found["id"], customer_id, ())
            await platform.audit.add(
                connection,
                actor_of(live, caller),
                Deed(CUSTOMER_ACTION, subject_type="login", subject_id=found["id"], rows=1),
            )
    if tokens is None:
        raise await _refused(platform, CUSTOMER_ACTION, "login", found, caller)
    await platform.throttle.forgive("customer_sign_in", network=caller.network, account=key)
    return tokens


async def staff(
    platform: Platform, username: str, password: str, code: str, caller: Actor
) -> Tokens:
    """Open a session for a staff member: password and a fresh TOTP code, always both.

    Raises `Failure("invalid_credentials")` for whatever is wrong, after the same work;
    `Failure("too_many_requests")` for who tried too often.
    """
    key = _key(username)
    await platform.throttle.attempt("staff_sign_in", network=caller.network, account=key)
    found = await _find(platform, _STAFF, key)
    stored = found["password_hash"] if found else None
    verdict = await platform.hashing.verify(password, stored)
    step = _step(platform, found, code)
    if (
        found is None
        or step is None
        or not verdict.ok
        or found["status"] != "active"
        or found["role"] not in STAFF_ROLES
    ):
        raise await _refused(platform, STAFF_ACTION, "staff_member", found, caller)
    fresh = await platform.hashing.hash(password) if verdict.needs_rehash else None
    tokens = None
    async with platform.database.transaction() as connection:
        if await _note_staff(platform, connection, found, step, fresh):
            viewer = Viewer(found["role"])
            holder = Holder("staff", found["id"], viewer)
            session_id, tokens = await open_session(
                platform, connection, holder, caller, ("password", "totp")
            )
            live = LiveSession(session_id, "staff", viewer, found["id"], None, ())
            await platform.audit.add(
                connection,
                actor_of(live, caller),
                Deed(STAFF_ACTION, subject_type="staff_member", subject_id=found["id"], rows=1),
            )
    if tokens is None:
        raise await _refused(platform, STAFF_ACTION, "staff_member", found, caller)
    await platform.throttle.forgive("staff_sign_in", network=caller.network, account=key)
    return tokens


_LOGIN = select(Login.id, Login.status, Login.password_hash).where(
    Login.email_key == bound("email_key", Login.email_key.type)
)
_STAFF = select(
    StaffMember.id,
    StaffMember.status,
    StaffMember.password_hash,
    StaffMember.role,
    StaffMember.totp_secret,
    StaffMember.totp_last_step,
).where(StaffMember.email_key == bound("email_key", StaffMember.email_key.type))

# Made once: making a statement costs as much as running it.
_OLDEST = (
    select(Membership.customer_id)
    .join(Customer, Customer.id == Membership.customer_id)
    .where(
        Membership.login_id == bound("login", Membership.login_id.type),
        *open_memberships(),
        Customer.status != "erased",
    )
    .order_by(Membership.created_at, Membership.id)
    .limit(1)
)
_NAMED = _OLDEST.where(Membership.customer_id == bound("account", Membership.customer_id.type))
_LOGINS, _CUSTOMERS = table_of(Login), table_of(Customer)
_NOTE_LOGIN = (
    update(_LOGINS)
    .where(_LOGINS.c.id == bound("login", _LOGINS.c.id.type))
    .values(last_login_at=bound("now", _LOGINS.c.last_login_at.type))
)
_NOTE_CUSTOMER = (
    update(_CUSTOMERS)
    .where(_CUSTOMERS.c.id == bound("customer", _CUSTOMERS.c.id.type))
    .values(last_login_at=bound("now", _CUSTOMERS.c.last_login_at.type))
)

_prepare_once = lru_cache(maxsize=8)(prepare)


def _key(username: str) -> str:
    """The address that was typed, as it is compared; empty for what can be none."""
    try:
        return email_key(normalise_email(username))
    except FieldRefused:
        return ""  # asked all the same: it costs what a known address does


async def _find(platform: Platform, statement: Any, key: str) -> dict[str, Any] | None:
    prepared = _prepare_once(statement, platform.database.dialect)
    rows = await platform.database.fetch(prepared, {"email_key": key})
    names = [column.name for column in statement.selected_columns]
    return dict(zip(names, rows[0], strict=True)) if rows else None


def _step(platform: Platform, found: Mapping[str, Any] | None, code: str) -> int | None:
    """The time step of a code that is good for this member and was not used; None otherwise."""
    if found is None:
        return None
    try:
        secret = platform.totp_sealer.open(found["totp_secret"], found["id"].bytes).decode()
    except SealBroken:
        return None
    return totp.verify(secret, code, platform.clock(), found["totp_last_step"])


async def _note_customer(
    platform: Platform,
    connection: AsyncConnection,
    found: Mapping[str, Any],
    customer_id: UUID,
    fresh: str | None,
) -> None:
    now = platform.clock()
    await connection.execute(_NOTE_LOGIN, {"login": found["id"], "now": now})
    await connection.execute(_NOTE_CUSTOMER, {"customer": customer_id, "now": now})
    if fresh is not None:  # unless the password was changed while this one was being hashed
        await connection.execute(
            update(Login)
            .where(Login.id == found["id"], Login.password_hash == found["password_hash"])
            .values(password_hash=fresh)
        )


async def _note_staff(
    platform: Platform,
    connection: AsyncConnection,
    found: Mapping[str, Any],
    step: int,
    fresh: str | None,
) -> bool:
    """Spend the code; False when another sign-in spent it first."""
    values: dict[str, Any] = {"last_login_at": platform.clock(), "totp_last_step": step}
    if fresh is not None:
        values["password_hash"] = fresh
    statement = (
        update(StaffMember)
        .where(
            StaffMember.id == found["id"],
            StaffMember.password_hash == found["password_hash"],
            StaffMember.totp_last_step.is_(None) | (StaffMember.totp_last_step < step),
        )
        .values(**values)
        .returning(StaffMember.id)
    )
    return (await connection.execute(statement)).first() is not None


async def _refused(
    platform: Platform,
    action: str,
    subject_type: str,
    found: Mapping[str, Any] | None,
    caller: Actor,
) -> Failure:
    subject = found["id"] if found else None
    await platform.audit.write(
        caller,
        Deed(action, outcome="refused", subject_type=subject_type, subject_id=subject),
    )
    return Failure("invalid_credentials")
