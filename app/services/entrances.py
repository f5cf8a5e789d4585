"""Letting in whoever has proved who they are: the session, what it leaves behind, its record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, Update, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.viewers import STAFF_ROLES, Viewer
from app.core.statements import bound
from app.models import Agency, Customer, Login, Membership, Officer, StaffMember, table_of
from app.services import access_records, new_devices, second_factors
from app.services.audit_log import Deed
from app.services.platform import Platform
from app.services.proofs import Proof
from app.services.session_watch import LiveSession, officers_in_office, open_memberships
from app.services.sessions import Holder, Tokens, actor_of, open_session

CUSTOMER_ACTION = "auth:customer:sign_in"
STAFF_ACTION = "auth:staff:sign_in"
AUTHORITY_ACTION = "auth:authority:sign_in"
PASSWORD_COMMON = "password_common"  # noqa: S105 - a notice


@dataclass(frozen=True, slots=True)
class Password:
    """A password that was right: the hash that it was checked against, and a fresh one if due.

    `common` is one that is among those that are tried first by now, whatever it once was.
    """

    hash: str
    fresh: str | None = None
    common: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody proves who they are with: a password, a second factor, or both."""

    password: Password | None = None
    proof: Proof | None = None

    @property
    def factors(self) -> tuple[str, ...]:
        """The kinds of it, as a session keeps them."""
        return (("password",) if self.password else ()) + (
            (self.proof.factor,) if self.proof else ()
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be told to whoever is let in with it."""
        return (PASSWORD_COMMON,) if self.password is not None and self.password.common else ()


async def customer(
    platform: Platform, login_id: UUID, account: UUID | None, caller: Actor, evidence: Evidence
) -> Tokens | None:
    """A session for a login on one of its accounts: `account`, else the oldest membership.

    None if the evidence was used up or has become worthless meanwhile, or if no account is open to
    the login.
    """
    async with platform.database.transaction() as connection:
        now = platform.clock()
        asked = {"login": login_id, "account": account, "now": now}
        chosen = _OLDEST if account is None else _NAMED
        customer_id = (await connection.execute(chosen, asked)).scalar_one_or_none()
        noted = {"row": login_id, "now": now}
        if customer_id is None:
            return None
        if await _accepted(platform, connection, _LOGIN, noted, evidence, caller) is None:
            return None
        await connection.execute(_NOTE_CUSTOMER, {"row": customer_id, "now": now})
        holder = Holder("customer", login_id, Viewer.SELF, customer_id)
        deed = Deed(CUSTOMER_ACTION, subject_type="login", subject_id=login_id, rows=1)
        return await _open(platform, connection, holder, caller, evidence, deed)


async def staff(
    platform: Platform, member_id: UUID, caller: Actor, evidence: Evidence
) -> Tokens | None:
    """A session for a member of staff in their role; None as for `customer`."""
    async with platform.database.transaction() as connection:
        noted = {"row": member_id, "now": platform.clock()}
        row = await _accepted(platform, connection, _MEMBER, noted, evidence, caller)
        if row is None:
            return None
        holder = Holder("staff", member_id, Viewer(row.role))
        deed = Deed(STAFF_ACTION, subject_type="staff_member", subject_id=member_id, rows=1)
        return await _open(platform, connection, holder, caller, evidence, deed)


async def officer(
    platform: Platform, officer_id: UUID, caller: Actor, evidence: Evidence
) -> Tokens | None:
    """A session for an officer who is in office, at an agency that is; None as for `customer`."""
    async with platform.database.transaction() as connection:
        noted = {"row": officer_id, "now": platform.clock()}
        if await _accepted(platform, connection, _OFFICER, noted, evidence, caller) is None:
            return None
        holder = Holder("authority", officer_id, Viewer.AUTHORITY)
        deed = Deed(AUTHORITY_ACTION, subject_type="officer", subject_id=officer_id, rows=1)
        return await _open(platform, connection, holder, caller, evidence, deed)


async def _accepted(
    platform: Platform,
    connection: AsyncConnection,
    note: Update,
    noted: Mapping[str, Any],
    evidence: Evidence,
    caller: Actor,
) -> Row[Any] | None:
    """Use the evidence up and note the sign-in; None for evidence that is worthless by now.

    The row is asked once more: a password that was changed, or a person who was shut out, while
    this one was being checked opens nothing.
    """
    proof = evidence.proof
    if proof is not None and not await second_factors.use(platform, connection, proof, caller):
        return None
    if evidence.password is not None:
        note = note.where(note.table.c.password_hash == evidence.password.hash)
        if evidence.password.fresh is not None:
            note = note.values(password_hash=evidence.password.fresh)
        if evidence.password.common and note.table is _LOGINS:
            # Since when, until the next change; in the same statement, so that it costs nothing.
            since = func.coalesce(_LOGINS.c.credential_flagged_at, noted["now"])
            note = note.values(credential_flagged_at=since)
    return (await connection.execute(note, noted)).first()


async def _open(
    platform: Platform,
    connection: AsyncConnection,
    holder: Holder,
    caller: Actor,
    evidence: Evidence,
    deed: Deed,
) -> Tokens:
    await new_devices.tell(platform, connection, holder.owner, caller)
    session_id, tokens = await open_session(platform, connection, holder, caller, evidence.factors)
    live = LiveSession(session_id, holder.kind, holder.viewer, holder.id, holder.customer_id, ())
    actor = actor_of(live, caller)
    await platform.audit.add(connection, actor, deed)
    await access_records.note(platform, connection, actor, "sign_in")
    return replace(tokens, notices=evidence.notices)


def _note(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.id == bound("row", table.c.id.type))
        .values(last_login_at=bound("now", table.c.last_login_at.type))
        .returning(table.c.id)
    )


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
_LOGINS, _MEMBERS, _OFFICERS = table_of(Login), table_of(StaffMember), table_of(Officer)
_LOGIN = _note(_LOGINS).where(_LOGINS.c.status == "active", _LOGINS.c.reset_required_at.is_(None))
_MEMBER = (
    _note(_MEMBERS)
    .where(_MEMBERS.c.status == "active", _MEMBERS.c.role.in_(STAFF_ROLES))
    .returning(_MEMBERS.c.role)
)
_OFFICER = _note(_OFFICERS).where(
    exists().where(Agency.id == _OFFICERS.c.agency_id, *officers_in_office()).correlate(_OFFICERS)
)
_NOTE_CUSTOMER = _note(table_of(Customer))
