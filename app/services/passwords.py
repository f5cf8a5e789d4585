"""The judgement that every new password must pass, wherever one is set."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.core.passwords import PASSWORD_LIMITS
from app.models import Agency, Customer, Login, Membership, Officer, StaffMember
from app.security.password_strength import Strength
from app.security.personal_data import Person
from app.services.authorization import require
from app.services.owners import Owner
from app.services.platform import Platform

_MOST_ACCOUNTS = 20
"""Of a login's accounts, how many a new password is compared with; the oldest ones."""


async def assess(platform: Platform, actor: Actor, password: str, person: Person) -> Strength:
    """Tell a form what a password is worth, for a `person` as the form knows them.

    Nothing is stored and nothing is put on record: no account is asked about, and nobody's data is
    shown. Raises `Failure` with ``too_many_requests`` or ``hashing_busy``.
    """
    require(actor, "public:password:assess")
    await platform.throttle.attempt("password_strength", network=actor.network)
    return await judge(platform, password, person)


async def judge(platform: Platform, password: str, person: Person) -> Strength:
    """What a password is worth for `person`; asks for leaks only where nothing else is wrong.

    Raises `Failure("hashing_busy")` when too many passwords wait.
    """
    strength = await platform.hashing.run(platform.judge.judge, password, person)
    if strength.acceptable and await platform.breached.contains(password):
        return strength.with_breach()
    return strength


async def require_acceptable(
    platform: Platform, password: str, person: Person, pointer: str = "/password"
) -> None:
    """Refuse a password that is weak for `person`; not for use inside a transaction.

    Raises `Failure("validation_failed")` with an error at `pointer` for each reason (see
    `Strength`), or `Failure("hashing_busy")`.
    """
    strength = await judge(platform, password, person)
    if not strength.acceptable:
        errors = [FieldError(pointer, reason, PASSWORD_LIMITS) for reason in strength.reasons]
        raise Failure("validation_failed", errors=errors)


async def person_of(connection: AsyncConnection, owner: Owner) -> Person:
    """What is known of somebody who signs in, and so must not be what their password is made of."""
    looks = {"login": _of_login, "staff": _of_staff, "officer": _of_officer}
    return await looks[owner.kind](connection, owner.id)


async def _of_login(connection: AsyncConnection, login_id: UUID) -> Person:
    """What is known of a login's human, whose own address is the first, and of their accounts."""
    login = (
        await connection.execute(select(Login.name, Login.email).where(Login.id == login_id))
    ).one()
    accounts = (
        await connection.execute(
            select(Customer.name, Customer.email, Customer.phone, Customer.tax_id)
            .join(Membership, Membership.customer_id == Customer.id)
            .where(Membership.login_id == login_id, Membership.revoked_at.is_(None))
            .order_by(Membership.created_at, Membership.id)
            .limit(_MOST_ACCOUNTS)
        )
    ).all()
    numbers = [number for account in accounts for number in (account.phone, account.tax_id)]
    return Person(
        names=(login.name, *(account.name for account in accounts)),
        emails=(login.email, *(account.email for account in accounts)),
        numbers=tuple(number for number in numbers if number),
    )


async def _of_staff(connection: AsyncConnection, staff_id: UUID) -> Person:
    found = select(StaffMember.name, StaffMember.email).where(StaffMember.id == staff_id)
    member = (await connection.execute(found)).one()
    return Person.of(name=member.name, email=member.email)


async def _of_officer(connection: AsyncConnection, officer_id: UUID) -> Person:
    found = (
        select(Officer.name, Officer.email, Officer.tax_id, Agency.name.label("agency"))
        .join(Agency, Agency.id == Officer.agency_id)
        .where(Officer.id == officer_id)
    )
    row = (await connection.execute(found)).one()
    return Person.of(name=row.name, email=row.email, tax_id=row.tax_id, company=row.agency)
