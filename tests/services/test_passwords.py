"""`app/services/passwords.py`: what a new password is compared with, and how it is refused."""

import pytest
from sqlalchemy import update

from app.core.errors import Failure
from app.models import Login, Membership
from app.security.personal_data import Person
from app.services.owners import Owner
from app.services.passwords import assess, person_of, require_acceptable
from app.services.sessions import anonymous
from tests.support.people import PASSWORD, add_customer, add_staff, open_customer_session
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_good_one_passes(house: Service) -> None:
    await require_acceptable(house.platform, PASSWORD, Person())


async def test_each_reason_is_an_error_where_the_caller_says(house: Service) -> None:
    with pytest.raises(Failure) as told:
        await require_acceptable(
            house.platform, "Quirina-1!", Person.of(name="Quirina"), "/login/password"
        )
    assert told.value.code == "validation_failed"
    found = [(error.pointer, error.code, error.params) for error in told.value.errors]
    limits = {"min": 10, "max": 128}
    assert found == [
        ("/login/password", "password_personal", limits),
        ("/login/password", "password_guessable", limits),
    ]


async def test_only_the_public_may_ask_for_a_judgement(house: Service) -> None:
    caller = anonymous("assess-1")
    assert (await assess(house.platform, caller, PASSWORD, Person())).acceptable


async def test_a_login_is_known_by_itself_and_by_the_accounts_that_it_enters(
    house: Service,
) -> None:
    maria = await add_customer(house.platform, name="Maria", phone=None)
    others = [await add_customer(house.platform, name=f"Conta {n}") for n in range(2)]
    for other in others:
        await open_customer_session(house.platform, maria.login_id, other.id)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(name="Maria Login")
        )
        await connection.execute(
            update(Membership)
            .where(Membership.login_id == maria.login_id, Membership.customer_id == others[1].id)
            .values(revoked_at=house.clock())
        )
    async with house.platform.database.snapshot() as connection:
        known = await person_of(connection, Owner("login", maria.login_id))
    assert known.names == ("Maria Login", "Maria", "Conta 0")
    assert known.emails == (maria.email, maria.row["email"], others[0].row["email"])
    assert known.numbers == (
        maria.row["tax_id"],
        others[0].row["phone"],
        others[0].row["tax_id"],
    )


async def test_a_member_of_staff_is_known_by_name_and_address(house: Service) -> None:
    member = await add_staff(house.platform, "billing", name="Zoraide")
    async with house.platform.database.snapshot() as connection:
        known = await person_of(connection, Owner("staff", member.id))
    assert known == Person(("Zoraide",), (member.email,), ())
