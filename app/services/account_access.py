"""Who may enter an account: one deed at a time, and always somebody who owns it (promise P24)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.holdings import Holding
from app.access.permissions import OWNER, member_may
from app.core.errors import Refusal
from app.core.language import Language
from app.models import Customer, Login, Membership, Session
from app.services.platform import Platform
from app.services.session_watch import open_memberships


@dataclass(frozen=True, slots=True)
class Account:
    """An account, locked: nobody else changes who may enter it until the transaction ends."""

    id: UUID
    name: str
    status: str

    @property
    def is_closed(self) -> bool:
        """Whether nobody may be asked in any more."""
        return self.status in ("closed", "erased")


@dataclass(frozen=True, slots=True)
class Person:
    """A login with an open place in the account, and what it holds there."""

    login_id: UUID
    membership_id: UUID
    name: str
    email: str
    language: Language
    holding: Holding


async def lock(connection: AsyncConnection, customer_id: UUID) -> Account:
    """Have every other deed about the account's members wait for this transaction.

    Its own key is not locked: sign-ins go on.
    """
    statement = (
        select(Customer.id, Customer.name, Customer.status)
        .where(Customer.id == customer_id)
        .with_for_update(key_share=True)
    )
    return Account(*(await connection.execute(statement)).one())


async def enter(
    platform: Platform, connection: AsyncConnection, actor: Actor, action: str
) -> tuple[Account, Person]:
    """The caller's account, locked, and the caller as they stand in it now: a session may be late.

    Raises `Refusal("forbidden")` when their place is no longer open, or no longer good for this.
    """
    if actor.customer_id is None:
        raise Refusal("forbidden", action=action)
    account = await lock(connection, actor.customer_id)
    people = await _people(platform, connection, account.id, Login.id == actor.id)
    if not people or not member_may(people[0].holding.permissions, action):
        raise Refusal("forbidden", action=action)
    return account, people[0]


async def member(
    platform: Platform, connection: AsyncConnection, customer_id: UUID, login_id: UUID
) -> Person | None:
    """Somebody whose place in the account is open now, and who can sign in."""
    active = (Login.id == login_id, Login.status == "active")
    people = await _people(platform, connection, customer_id, *active)
    return people[0] if people else None


async def owners(
    platform: Platform, connection: AsyncConnection, customer_id: UUID
) -> list[Person]:
    """Everybody who owns the account now, and can sign in."""
    active = await _people(platform, connection, customer_id, Login.status == "active")
    return [person for person in active if OWNER in person.holding.permissions]


async def sessions_of(connection: AsyncConnection, customer_id: UUID, login_id: UUID) -> list[UUID]:
    """The login's sessions in the account, to be forgotten where what it may do there changes."""
    statement = select(Session.id).where(
        Session.login_id == login_id,
        Session.customer_id == customer_id,
        Session.ended_at.is_(None),
    )
    return list((await connection.execute(statement)).scalars())


async def _people(
    platform: Platform,
    connection: AsyncConnection,
    customer_id: UUID | None,
    *conditions: ColumnElement[bool],
) -> list[Person]:
    statement = (
        select(
            Login.id,
            Login.name,
            Login.email,
            Login.language,
            Membership.id.label("membership_id"),
            Membership.permissions,
            Membership.expires_at,
        )
        .join(Membership, Membership.login_id == Login.id)
        .where(Membership.customer_id == customer_id, *open_memberships(), *conditions)
        .order_by(Membership.created_at, Membership.id)
    )
    return [
        Person(
            login_id=row.id,
            membership_id=row.membership_id,
            name=row.name,
            email=row.email,
            language=row.language,
            holding=Holding(frozenset(row.permissions), row.expires_at),
        )
        for row in await connection.execute(statement, {"now": platform.clock()})
    ]
