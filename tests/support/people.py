"""People for tests: staff and customers with a living session, in milliseconds.

Nobody here signs in: a session row is opened by the service's own function, and its token goes into
`headers`. Who wants to sign in all the same has `email`, `password` and `code()`.

    platform = app.state.platform
    await install_policy(platform)
    support = await add_staff(platform, "support")
    maria = await add_customer(platform, name="Maria D'Ávila", city="Campinas", marketing=True)
    answer = await client.get(f"/v1/staff/customers/{maria.id}", headers=support.headers)
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES, Viewer
from app.core.emails import email_key
from app.core.ids import coarse_id, new_id
from app.models import Authenticator, Customer, CustomerWord, Login, Membership, Session
from app.services import consent_ledger, migrations, policies, policy_acceptances, staff
from app.services.consent_sayings import Statement
from app.services.customers import columns_of, word_rows
from app.services.platform import Platform
from app.services.sessions import Holder, anonymous, open_session
from app.services.system import operator

PASSWORD = "Quatro-gatos-7-telhados!"
REASON = "Chamado 4711: conferir o cadastro"

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class StaffPerson:
    """A member of staff, signed in. `headers` hold the token, and a reason where one is due."""

    id: UUID
    role: Viewer
    email: str
    session_id: UUID
    token: str
    totp_secret: str
    headers: dict[str, str]
    password: str = PASSWORD

    def code(self, at: datetime | None = None) -> str:
        """The authenticator's six digits, now or at a moment."""
        totp = pyotp.TOTP(self.totp_secret)
        return totp.now() if at is None else totp.at(at)


@dataclass(frozen=True, slots=True)
class CustomerPerson:
    """A customer whose owner is signed in. `row` holds the columns as they were stored."""

    id: UUID
    login_id: UUID
    email: str
    session_id: UUID
    token: str
    refresh_token: str
    headers: dict[str, str]
    row: Mapping[str, Any] = field(repr=False)
    password: str = PASSWORD


@dataclass(frozen=True, slots=True)
class MemberPerson:
    """Somebody with a login and a place in another's account, signed in there."""

    id: UUID
    """Of the membership."""
    login_id: UUID
    customer_id: UUID
    name: str
    email: str
    session_id: UUID
    refresh_token: str
    headers: dict[str, str]
    password: str = PASSWORD


async def install_policy(platform: Platform) -> None:
    """The first policy, as `migrate` installs it; nothing when it is there."""
    await migrations.install(platform)


async def add_staff(
    platform: Platform,
    role: str,
    *,
    email: str | None = None,
    name: str | None = None,
    password: str = PASSWORD,
) -> StaffPerson:
    """A new member of the role, added by the service itself, with a session."""
    number = next(_numbers)
    address = email or f"{role}-{number}@alainer.com.br"
    added = await staff.add(
        platform, email=address, name=name or f"Equipe {number}", role=role, password=password
    )
    viewer = Viewer(role)
    session_id, token, _ = await _session(platform, Holder("staff", added.id, viewer))
    headers = bearer(token)
    if viewer in MUST_GIVE_REASON:
        headers |= {"X-Reason": REASON}
    return StaffPerson(
        added.id, viewer, address, session_id, token, added.totp_secret, headers, password
    )


async def add_all_staff(platform: Platform) -> dict[Viewer, StaffPerson]:
    """One member of each role."""
    return {role: await add_staff(platform, role) for role in STAFF_ROLES}


async def add_customer(
    platform: Platform,
    *,
    marketing: bool | None = None,
    password: str = PASSWORD,
    login_email: str | None = None,
    **columns: Any,
) -> CustomerPerson:
    """A new active person with every field filled, unless `columns` say otherwise.

    `columns` are columns of ``customers``; the key columns follow from ``name``, ``email`` and
    ``city`` unless they are given. `marketing` adds a consent row: granted or denied.
    """
    number = next(_numbers)
    now = platform.clock()
    row: dict[str, Any] = {
        "id": coarse_id(now),
        "kind": "person",
        "status": "active",
        "name": f"Cliente Numero {number}",
        "email": f"cliente-{number}@exemplo.com.br",
        "phone": f"+55119{80000000 + number}",
        "tax_id": cpf(number),
        "street": "Avenida Paulista",
        "number": str(number),
        "complement": "Sala 12",
        "district": "Bela Vista",
        "city": "São Paulo",
        "state": "SP",
        "postal_code": "01310100",
        "preferences": {"language": "pt-BR"},
        "attention_note": f"Nota {number}",
        "created_at": now,
        "last_login_at": now,
        "closed_at": now if columns.get("status") in ("closed", "erased") else None,
    } | columns
    row = columns_of(row) | {key: columns[key] for key in columns if key.endswith("_key")}
    login_id, address = new_id(), login_email or f"login-{number}@exemplo.com.br"
    async with platform.database.transaction() as connection:
        open_yet = row | {"status": "active", "closed_at": None}
        await connection.execute(insert(Customer).values(**open_yet))
        if words := word_rows(row["id"], row["name"]):
            await connection.execute(insert(CustomerWord), words)
        await connection.execute(
            insert(Login).values(
                id=login_id,
                email=address,
                email_key=email_key(address),
                name=row["name"],
                status="active",
                password_hash=await platform.hashing.hash(password),
                created_at=now,
            )
        )
        await connection.execute(
            insert(Membership).values(
                id=new_id(),
                login_id=login_id,
                customer_id=row["id"],
                permissions=("owner",),
                created_at=now,
            )
        )
        await _accept_policy(platform, connection, login_id)
    if marketing is not None:
        await say_consent(platform, row["id"], granted=marketing)
    if row["status"] != "active":  # what was said was said before
        state = {name: row[name] for name in ("status", "closed_at")}
        async with platform.database.transaction() as connection:
            changing = update(Customer).where(Customer.id == row["id"]).values(**state)
            await connection.execute(changing)
    holder = Holder("customer", login_id, Viewer.SELF, row["id"])
    session_id, token, refresh_token = await _session(platform, holder)
    return CustomerPerson(
        row["id"], login_id, address, session_id, token, refresh_token, bearer(token), row, password
    )


async def add_factor(platform: Platform, person: CustomerPerson) -> None:
    """An authenticator app of the customer's, in use; nobody knows its codes."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            insert(Authenticator).values(
                id=new_id(),
                login_id=person.login_id,
                kind="totp",
                name="Celular",
                secret=b"sealed",
                created_at=platform.clock(),
                confirmed_at=platform.clock(),
            )
        )


async def say_consent(
    platform: Platform, customer_id: UUID, *, granted: bool, purpose: str = "marketing"
) -> None:
    """A customer's yes or no, now: one more row of the ledger."""
    statement = Statement(subject_id=customer_id, purpose=purpose, granted=granted, channel="web")
    actor = replace(operator(), kind="login")
    async with platform.database.transaction() as connection:
        await consent_ledger.record(platform, connection, actor, statement)


async def change_columns(platform: Platform, customer_id: UUID, **columns: Any) -> None:
    """Store columns of a customer behind the service's back."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(Customer).where(Customer.id == customer_id).values(**columns)
        )


async def add_member(
    platform: Platform,
    customer_id: UUID,
    *permissions: str,
    expires_at: datetime | None = None,
    email: str | None = None,
) -> MemberPerson:
    """A new login with a place in the account that is good for `permissions`, and a session."""
    number = next(_numbers)
    login_id, membership_id = new_id(), new_id()
    address, name = email or f"membro-{number}@exemplo.com.br", f"Membro Numero {number}"
    now = platform.clock()
    async with platform.database.transaction() as connection:
        await connection.execute(
            insert(Login).values(
                id=login_id,
                email=address,
                email_key=email_key(address),
                name=name,
                status="active",
                password_hash=await platform.hashing.hash(PASSWORD),
                created_at=now,
            )
        )
        await connection.execute(
            insert(Membership).values(
                id=membership_id,
                login_id=login_id,
                customer_id=customer_id,
                permissions=permissions,
                created_at=now,
                expires_at=expires_at,
            )
        )
        await _accept_policy(platform, connection, login_id)
    holder = Holder("customer", login_id, Viewer.SELF, customer_id)
    session_id, token, refresh_token = await _session(platform, holder)
    return MemberPerson(
        membership_id,
        login_id,
        customer_id,
        name,
        address,
        session_id,
        refresh_token,
        bearer(token),
    )


async def open_customer_session(
    platform: Platform,
    login_id: UUID,
    customer_id: UUID,
    permissions: tuple[str, ...] = ("owner",),
) -> str:
    """Make a login a member of one more customer; the token of a session for that account."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            insert(Membership).values(
                id=new_id(),
                login_id=login_id,
                customer_id=customer_id,
                permissions=permissions,
                created_at=platform.clock(),
            )
        )
    _, token, _ = await _session(platform, Holder("customer", login_id, Viewer.SELF, customer_id))
    return token


async def end_session(platform: Platform, session_id: UUID) -> None:
    """End a session, noticed at once."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(Session)
            .where(Session.id == session_id)
            .values(ended_at=platform.clock(), end_reason="test")
        )
    platform.sessions.forget(session_id)


def stranger(request_id: str = "test") -> Actor:
    """Whoever comes to a public door."""
    return anonymous(request_id, "127.0.0.0/24", "API")


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def cpf(number: int) -> str:
    """A valid CPF of eleven digits for each number from 1 to 999,999,998."""
    digits = [int(digit) for digit in f"{number:09d}"]
    for _ in range(2):
        total = sum(digit * (len(digits) + 1 - place) for place, digit in enumerate(digits))
        digits.append(total * 10 % 11 % 10)
    return "".join(map(str, digits))


async def _accept_policy(platform: Platform, connection: AsyncConnection, login_id: UUID) -> None:
    """As whoever registers does, of the version in force, if there is one."""
    version = await policies.current(connection, platform.clock)
    if version is not None:
        await policy_acceptances.record(
            connection, login_id, version, at=platform.clock(), network=None
        )


async def _session(platform: Platform, holder: Holder) -> tuple[UUID, str, str]:
    async with platform.database.transaction() as connection:
        session_id, tokens = await open_session(
            platform, connection, holder, stranger(), ("password",)
        )
    return session_id, tokens.access_token, tokens.refresh_token
