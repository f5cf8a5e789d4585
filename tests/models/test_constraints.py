"""`app/models/`: what the database itself refuses, and what goes along when a row goes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.clock import system_clock
from app.core.database import Database
from app.core.ids import new_id
from app.models import (
    Base,
    Customer,
    CustomerWord,
    LegacyCustomer,
    Login,
    Membership,
    Policy,
    PolicyAcceptance,
    RefreshToken,
    Session,
    StaffMember,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(shared_database_url: str) -> AsyncIterator[Database]:
    made = Database(shared_database_url)
    yield made
    await made.close()


async def store(database: Database, model: type[Base], **columns: Any) -> Any:
    """The row, stored, with its id."""
    row = {"id": new_id()} | columns if "id" in model.__table__.c else columns
    async with database.transaction() as connection:
        await connection.execute(insert(model).values(**row))
    return row.get("id")


async def refused(database: Database, model: type[Base], **columns: Any) -> None:
    with pytest.raises(IntegrityError):
        await store(database, model, **columns)


def customer(**columns: Any) -> dict[str, Any]:
    return {
        "kind": "person",
        "status": "active",
        "name": "Ana",
        "name_key": "ana",
        "email": "ana@exemplo.com.br",
        "email_key": "ana@exemplo.com.br",
        "city_key": "",
        "preferences": {},
        "created_at": system_clock(),
    } | columns


def login(**columns: Any) -> dict[str, Any]:
    email = f"{new_id()}@exemplo.com.br"
    return {
        "email": email,
        "email_key": email,
        "name": "Ana",
        "status": "active",
        "created_at": system_clock(),
    } | columns


def member(**columns: Any) -> dict[str, Any]:
    return login(password_hash="x", role="support") | columns


async def family(database: Database) -> tuple[Any, Any, Any]:
    """A customer, the login that owns it, and a session."""
    now = system_clock()
    customer_id = await store(database, Customer, **customer())
    login_id = await store(database, Login, **login())
    both = {"login_id": login_id, "customer_id": customer_id, "created_at": now}
    await store(database, Membership, permissions=("owner",), **both)
    session = await store(database, Session, kind="customer", expires_at=now, **both)
    await store(
        database,
        RefreshToken,
        digest=new_id().bytes * 2,
        session_id=session,
        created_at=now,
        expires_at=now,
    )
    await store(database, CustomerWord, word="ana", customer_id=customer_id)
    await store(
        database, LegacyCustomer, legacy_id=str(new_id()), customer_id=customer_id, imported_at=now
    )
    return customer_id, login_id, session


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "robot"},
        {"status": "gone"},
        {"status": "closed"},
        {"status": "erased"},
        {"closed_at": system_clock()},
        {"name": None},
    ],
)
async def test_a_customer_that_cannot_be(database: Database, columns: dict[str, Any]) -> None:
    await refused(database, Customer, **customer(**columns))


async def test_two_customers_may_share_an_address_and_two_logins_may_not(
    database: Database,
) -> None:
    for _ in range(2):
        await store(database, Customer, **customer(email_key="shared@exemplo.com.br"))
    for model, row in ((Login, login), (StaffMember, member)):
        await store(database, model, **row(email_key="one@exemplo.com.br"))
        await refused(database, model, **row(email_key="one@exemplo.com.br"))


@pytest.mark.parametrize(("model", "row"), [(Login, login), (StaffMember, member)])
async def test_a_person_is_active_or_disabled(
    database: Database, model: type[Base], row: Any
) -> None:
    await store(database, model, **row(status="disabled"))
    await refused(database, model, **row(status="asleep"))


async def test_a_login_serves_an_account_once(database: Database) -> None:
    customer_id, login_id, _ = await family(database)
    again = {"login_id": login_id, "customer_id": customer_id, "created_at": system_clock()}
    await refused(database, Membership, permissions=(), **again)


async def test_a_session_has_exactly_one_kind_of_holder(database: Database) -> None:
    customer_id, login_id, _ = await family(database)
    staff_id = await store(database, StaffMember, **member())
    now = system_clock()
    times = {"created_at": now, "expires_at": now}
    await store(database, Session, kind="staff", staff_id=staff_id, **times)
    for columns in (
        {"kind": "staff"},
        {"kind": "staff", "login_id": login_id, "customer_id": customer_id},
        {"kind": "staff", "staff_id": staff_id, "login_id": login_id},
        {"kind": "customer", "login_id": login_id},
        {"kind": "customer", "customer_id": customer_id},
        {
            "kind": "customer",
            "login_id": login_id,
            "customer_id": customer_id,
            "staff_id": staff_id,
        },
        {"kind": "partner", "staff_id": staff_id},
    ):
        await refused(database, Session, **columns, **times)


async def test_an_acceptance_names_a_version_that_exists(database: Database) -> None:
    _, login_id, _ = await family(database)
    row = {"login_id": login_id, "hash": "0", "accepted_at": system_clock(), "channel": "web"}
    await refused(database, PolicyAcceptance, version=99, **row)
    await store(database, PolicyAcceptance, version=1, **row)
    with pytest.raises(DBAPIError):
        async with database.transaction() as connection:
            await connection.execute(delete(Policy).where(Policy.version == 1))


async def test_what_belongs_to_a_customer_goes_with_it_and_logins_stay(
    database: Database,
) -> None:
    customer_id, login_id, session = await family(database)
    async with database.transaction() as connection:
        await connection.execute(delete(Customer).where(Customer.id == customer_id))
    async with database.transaction() as connection:
        for model in (CustomerWord, LegacyCustomer, Membership, Session):
            table: Any = model
            left = select(table).where(table.customer_id == customer_id)
            assert (await connection.execute(left)).all() == [], model
        tokens = select(RefreshToken).where(RefreshToken.session_id == session)
        assert (await connection.execute(tokens)).all() == []
        still = select(Login.id).where(Login.id == login_id)
        assert (await connection.execute(still)).scalar_one() == login_id


async def test_a_customer_cannot_be_closed_without_the_moment(database: Database) -> None:
    customer_id = await store(database, Customer, **customer())
    closing = update(Customer).where(Customer.id == customer_id)
    with pytest.raises(IntegrityError):
        async with database.transaction() as connection:
            await connection.execute(closing.values(status="closed"))
    async with database.transaction() as connection:
        await connection.execute(closing.values(status="closed", closed_at=system_clock()))
