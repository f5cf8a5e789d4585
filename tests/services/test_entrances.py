"""`app/services/entrances.py`: what was right a moment ago may be worthless now."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.models import Login, Session, StaffMember
from app.services import entrances, second_factors
from app.services.entrances import Evidence, Password
from app.services.owners import Owner
from app.services.proofs import Proof
from app.services.second_factors import Code
from tests.support.people import add_customer, add_staff, stranger
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def hash_of(house: Service, model: Any, row_id: UUID) -> str:
    [(stored,)] = await rows(house.platform, select(model.password_hash).where(model.id == row_id))
    return str(stored)


async def sessions(house: Service, holder: UUID) -> int:
    theirs = (Session.login_id == holder) | (Session.staff_id == holder)
    [(found,)] = await rows(house.platform, select(func.count()).where(theirs))
    return int(found)


async def change(house: Service, model: Any, row_id: UUID, **columns: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(model).where(model.id == row_id).values(**columns))


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"password_hash": "another"},
        {"password_hash": None, "reset_required": True},
        {"status": "disabled"},
    ],
)
async def test_a_customer_who_was_shut_out_meanwhile_stays_out(
    house: Service, meanwhile: dict[str, Any]
) -> None:
    maria = await add_customer(house.platform)
    evidence = Evidence(Password(await hash_of(house, Login, maria.login_id)))
    before = await sessions(house, maria.login_id)
    columns = dict(meanwhile)
    if columns.pop("reset_required", False):
        columns["reset_required_at"] = house.clock()
    await change(house, Login, maria.login_id, **columns)
    request = f"out-{maria.login_id}"
    tokens = await entrances.customer(
        house.platform, maria.login_id, None, stranger(request), evidence
    )
    assert tokens is None
    assert await sessions(house, maria.login_id) == before
    assert await events(house.platform, request_id=request) == []


@pytest.mark.parametrize(
    "meanwhile", [{"password_hash": "another"}, {"status": "disabled"}, {"role": "intern"}]
)
async def test_a_member_who_was_shut_out_meanwhile_stays_out(
    house: Service, meanwhile: dict[str, Any]
) -> None:
    ana = await add_staff(house.platform, "support")
    proof = await checked(house, Owner("staff", ana.id), ana.code(house.clock()))
    evidence = Evidence(Password(await hash_of(house, StaffMember, ana.id)), proof)
    await change(house, StaffMember, ana.id, **meanwhile)
    assert await entrances.staff(house.platform, ana.id, stranger(), evidence) is None


async def checked(house: Service, owner: Owner, code: str) -> Proof:
    proof = await second_factors.check(house.platform, owner, Code(totp=code))
    assert proof is not None
    return proof


async def test_a_proof_that_was_checked_twice_opens_once(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    stored, code = await hash_of(house, StaffMember, ana.id), ana.code(house.clock())
    proofs = [await checked(house, Owner("staff", ana.id), code) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(
            entrances.staff(house.platform, ana.id, stranger(), Evidence(Password(stored), proof))
            for proof in proofs
        )
    )
    assert sum(tokens is not None for tokens in outcomes) == 1


async def test_a_session_keeps_the_kinds_of_evidence() -> None:
    owner = Owner("login", UUID(int=1))
    spending = update(Login).values(name="x")
    assert Evidence(Password("x")).factors == ("password",)
    assert Evidence(Password("x"), Proof("totp", owner, spending)).factors == ("password", "totp")
    assert Evidence(proof=Proof("passkey", owner, spending)).factors == ("passkey",)
