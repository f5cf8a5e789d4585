"""Whether a session still lives: asked on every request, answered from memory for half a second.

An ended session, a disabled person, a changed role, a revoked membership, an officer or an agency
that was suspended is thus noticed within a second on every replica, and at once on the one that did
it (`forget`). So is a policy that wants
to be accepted anew, whose moment has come, and that it was: the same look-up tells.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from app.access.viewers import STAFF_ROLES, Viewer
from app.core.clock import Clock
from app.core.columns import UtcDateTime
from app.core.database import Database
from app.core.driver_transactions import DriverTransaction
from app.core.errors import Failure
from app.core.gathering import Apart, Gathering
from app.core.row_sets import RowSet, for_each
from app.core.statements import bound
from app.models import (
    Agency,
    Customer,
    Login,
    Membership,
    Officer,
    Policy,
    PolicyAcceptance,
    Session,
    StaffMember,
)
from app.services.owners import Door

FRESH_SECONDS = 0.5
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that may act: who, in which capacity, and for which account.

    `owes_acceptance`: the holder has not accepted a policy in force that wants to be accepted.
    """

    id: UUID
    kind: Door
    viewer: Viewer
    holder: UUID
    customer_id: UUID | None
    permissions: tuple[str, ...]
    owes_acceptance: bool = False


Read = Callable[[Any], LiveSession | None]
Ask = Callable[["_Kind", Sequence[UUID]], Awaitable[list[LiveSession | None]]]
"""From sessions of a kind to those that live, in the same order."""


@dataclass(slots=True)
class _Known:
    asked_at: float
    answer: asyncio.Future[LiveSession | None]


class _Kind:
    """How sessions of one kind are looked up: those that are asked for at the same moment share a
    query."""

    def __init__(self, ask: Ask, statement: RowSet, read: Read) -> None:
        self.statement = statement
        self.read = read
        self._ask = ask
        self._gathering = Gathering(self._ask_together)

    async def find(self, session: UUID) -> LiveSession | None:
        """The session, as of now. Raises `Failure("database_unavailable")`."""
        try:
            return await self._gathering.join(session)
        except Apart:
            [found] = await self._ask(self, [session])
            return found

    async def _ask_together(
        self, sessions: Sequence[UUID]
    ) -> Sequence[LiveSession | Exception | None]:
        try:
            return await self._ask(self, sessions)
        except Failure as failure:  # to ask one by one would make it worse
            return [Failure(failure.code, headers=failure.headers) for _ in sessions]


class SessionWatch:
    """Looks sessions up. Requests that ask for the same one at the same time share the answer."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        used: Callable[[UUID], None] = lambda _: None,
    ) -> None:
        """`used` is told of each living session, whenever the database was asked about it."""
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._used = used
        self._known: dict[tuple[str, UUID], _Known] = {}
        self._staff = self._kind(_staff_session(), _as_staff)
        self._customer = self._kind(_customer_session(), _as_customer)
        self._authority = self._kind(_authority_session(), _as_officer)

    async def staff(self, session: UUID) -> LiveSession | None:
        """The staff session, or None when it ended or its holder may no longer act."""
        return await self._look(("staff", session), self._staff)

    async def customer(self, session: UUID) -> LiveSession | None:
        """The customer session, or None when it ended or its holder may no longer act."""
        return await self._look(("customer", session), self._customer)

    async def authority(self, session: UUID) -> LiveSession | None:
        """The officer's session, or None when it ended or its holder may no longer act."""
        return await self._look(("authority", session), self._authority)

    async def ask_within(self, transaction: DriverTransaction, session: UUID) -> LiveSession | None:
        """Whichever kind of session, asked of the caller's transaction instead of memory."""
        values = {"session": session, "now": self._clock()}
        # There are more customers than staff, and more staff than officers.
        for kind in (self._customer, self._staff, self._authority):
            if rows := await kind.statement.run(transaction, [values]):
                return kind.read(rows[0])
        return None

    def forget(self, *sessions: UUID) -> None:
        """Ask the database the next time: the sessions were just changed here."""
        for session in sessions:
            for kind in ("staff", "customer", "authority"):
                self._known.pop((kind, session), None)

    def _kind(self, statement: Select[Any], read: Read) -> _Kind:
        return _Kind(self._ask, for_each(statement, self._database.dialect, shared=("now",)), read)

    async def _look(self, key: tuple[str, UUID], kind: _Kind) -> LiveSession | None:
        now = self._monotonic()
        known = self._known.get(key)
        if known is None or now - known.asked_at > FRESH_SECONDS:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            # The age counts from before the question, so that the answer is never older than said.
            question = asyncio.ensure_future(kind.find(key[1]))
            known = self._known[key] = _Known(now, question)
            question.add_done_callback(lambda done: self._drop_failed(key, done))
        # A caller who gives up must not take the answer from the others who wait for it.
        return await asyncio.shield(known.answer)

    async def _ask(self, kind: _Kind, sessions: Sequence[UUID]) -> list[LiveSession | None]:
        now = self._clock()
        asked = [{"session": session, "now": now} for session in sessions]
        rows = await self._database.fetch_each(kind.statement, asked)
        living = {live.id: live for row in rows if (live := kind.read(row)) is not None}
        for session in living:
            self._used(session)
        return [living.get(session) for session in sessions]

    def _drop_failed(self, key: tuple[str, UUID], done: asyncio.Future[LiveSession | None]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._known.pop(key, None)


def _alive() -> Any:
    return (
        Session.id == bound("session", Session.id.type),
        Session.ended_at.is_(None),
        Session.expires_at > bound("now", Session.expires_at.type),
    )


def _staff_session() -> Any:
    return (
        select(Session.id, StaffMember.id.label("holder"), StaffMember.role)
        .join(StaffMember, StaffMember.id == Session.staff_id)
        .where(*_alive(), StaffMember.status == "active")
    )


def _authority_session() -> Any:
    return (
        select(Session.id, Officer.id.label("holder"))
        .join(Officer, Officer.id == Session.officer_id)
        .join(Agency, Agency.id == Officer.agency_id)
        .where(*_alive(), *officers_in_office())
    )


def officers_in_office() -> tuple[ColumnElement[bool], ...]:
    """Officers who may act now (bound as ``now``), of an agency that may."""
    return (
        Officer.status == "active",
        Officer.valid_until > bound("now", UtcDateTime()),
        Agency.counts(),
    )


def _customer_session() -> Any:
    return (
        select(
            Session.id,
            Login.id.label("holder"),
            Session.customer_id,
            Membership.permissions,
            _owes_acceptance().label("owes"),
        )
        .join(Login, Login.id == Session.login_id)
        .join(
            Membership,
            (Membership.login_id == Session.login_id)
            & (Membership.customer_id == Session.customer_id),
        )
        .join(Customer, Customer.id == Session.customer_id)
        .where(
            *_alive(),
            Login.status == "active",
            Login.reset_required_at.is_(None),
            *open_memberships(),
            Customer.status != "erased",
        )
    )


def _owes_acceptance() -> ColumnElement[bool]:
    """Whether a version in force wants to be accepted, and the login accepted none since it.

    Two looks into indexes. One that was withdrawn before its moment stands for nothing.
    """
    stands = Policy.withdrawn_at.is_(None)
    wanted = (
        select(func.max(Policy.version))
        .where(
            Policy.requires_acceptance,
            stands,
            Policy.published_at <= bound("now", Policy.published_at.type),
        )
        .scalar_subquery()
    )
    accepted = (
        exists()
        .where(
            PolicyAcceptance.login_id == Login.id,
            PolicyAcceptance.version >= wanted,
            PolicyAcceptance.version == Policy.version,
            stands,
        )
        .correlate(Login)
    )
    return wanted.is_not(None) & ~accepted


def open_memberships() -> tuple[ColumnElement[bool], ...]:
    """Memberships that open their account now (bound as ``now``)."""
    now = bound("now", Membership.created_at.type)
    return (
        Membership.revoked_at.is_(None),
        Membership.suspended_at.is_(None),
        or_(Membership.expires_at.is_(None), Membership.expires_at > now),
    )


def _as_staff(row: Any) -> LiveSession | None:
    session, holder, role = row
    if role not in STAFF_ROLES:
        return None
    return LiveSession(session, "staff", Viewer(role), holder, None, ())


def _as_officer(row: Any) -> LiveSession:
    session, holder = row
    return LiveSession(session, "authority", Viewer.AUTHORITY, holder, None, ())


def _as_customer(row: Any) -> LiveSession | None:
    session, holder, customer, permissions, owes = row
    return LiveSession(session, "customer", Viewer.SELF, holder, customer, permissions, owes)
