"""Secrecy is kept for good, lasts longer at one person's word, and ends sooner at two people's."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.models import LegalRequest, LegalSecrecyOrder, OutboxMessage
from app.services import legal_notices
from tests.support.legal import DESK, DOOR, brought, entered, naming, secrecy, sent, step
from tests.support.officers import add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.policies import prove_presence
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> UUID:
    return (await add_agency(house.platform, by=director.id)).id


@pytest_asyncio.fixture(loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(loop_scope="module")
async def other(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "director")


@pytest_asyncio.fixture(loop_scope="module")
async def ana(house: Service) -> CustomerPerson:
    return await add_customer(house.platform)


@pytest_asyncio.fixture(loop_scope="module")
async def secret(
    house: Service,
    privacy: StaffPerson,
    director: StaffPerson,
    agency: UUID,
    ana: CustomerPerson,
) -> str:
    """A request about Ana that was approved, secret for thirty days; its id."""
    until = {"secrecy_basis": "CPP, art. 20", "secrecy_until": ahead(house, 30)}
    draft = await entered(house, privacy, agency, targets=naming(ana), **until)
    await brought(house, privacy, draft["id"], "submit", "begin", "confirm", "forward")
    assert (await step(house, director, draft["id"], "approve")).status_code == 200
    return str(draft["id"])


def ahead(house: Service, days: float) -> str:
    return (house.clock() + timedelta(days=days)).isoformat()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def order(
    house: Service, who: StaffPerson, request_id: str, until: str | None, **members: Any
) -> httpx.Response:
    await prove_presence(house, who)
    return await house.client.post(
        f"{DESK}/{request_id}/secrecy-orders", json=secrecy(until, **members), headers=who.headers
    )


async def confirm(
    house: Service, who: StaffPerson, request_id: str, order_id: str
) -> httpx.Response:
    await prove_presence(house, who)
    return await house.client.post(
        f"{DESK}/{request_id}/secrecy-orders/{order_id}/confirmation", headers=who.headers
    )


async def chain(house: Service, who: StaffPerson, request_id: str) -> list[dict[str, Any]]:
    """The oldest first."""
    answer = await house.client.get(f"{DESK}/{request_id}/secrecy-orders", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json()["items"]))


async def letters(house: Service, who: CustomerPerson) -> int:
    """How many the customer got, after the worker's turn."""
    await legal_notices.work(house.platform)
    chosen = select(OutboxMessage.id).where(
        OutboxMessage.template == legal_notices.TEMPLATE, OutboxMessage.customer_id == who.id
    )
    return len(await rows(house.platform, chosen))


async def until_of(house: Service, request_id: str) -> datetime | None:
    chosen = select(LegalRequest.secrecy_until).where(LegalRequest.id == UUID(request_id))
    found: datetime | None = (await rows(house.platform, chosen))[0].secrecy_until
    return found


async def test_one_person_makes_it_longer_and_what_stood_before_stays(
    house: Service, secret: str, privacy: StaffPerson, ana: CustomerPerson
) -> None:
    longer = await order(house, privacy, secret, ahead(house, 60), reason="Prorrogado pelo juízo.")
    assert longer.status_code == 200, longer.text
    assert (longer.json()["entry"], longer.json()["change"]) == ("ordered", "extended")
    first, second = await chain(house, privacy, secret)
    assert (first["number"], first["change"], first["reason"]) == (1, "set", None)
    assert first["secrecy_until"] < second["secrecy_until"]
    assert second == longer.json()
    seen = await house.client.get(f"{DESK}/{secret}", headers=privacy.headers)
    assert seen.json()["secrecy_until"] == second["secrecy_until"]
    assert await letters(house, ana) == 0


@pytest.mark.parametrize("days", [10, None])
async def test_nobody_ends_it_sooner_alone(
    house: Service,
    secret: str,
    director: StaffPerson,
    privacy: StaffPerson,
    other: StaffPerson,
    ana: CustomerPerson,
    later: Callable[..., None],
    days: int | None,
) -> None:
    stood = await until_of(house, secret)
    wanted = None if days is None else ahead(house, days)
    proposed = await order(house, director, secret, wanted)
    change = "lifted" if days is None else "shortened"
    assert proposed.status_code == 200, proposed.text
    assert (proposed.json()["entry"], proposed.json()["change"]) == ("proposed", change)
    assert await until_of(house, secret) == stood
    assert await letters(house, ana) == 0
    proposal = proposed.json()["id"]
    assert problem(await confirm(house, director, secret, proposal)) == (
        403,
        "second_person_required",
    )
    assert problem(await confirm(house, privacy, secret, proposal)) == (403, "forbidden")
    unproved = await add_staff(house.platform, "director")
    later(minutes=6)
    bare = await house.client.post(
        f"{DESK}/{secret}/secrecy-orders/{proposal}/confirmation", headers=unproved.headers
    )
    later()
    assert problem(bare) == (401, "step_up_required")
    assert await until_of(house, secret) == stood
    assert await letters(house, ana) == 0
    done = await confirm(house, other, secret, proposal)
    assert done.status_code == 200, done.text
    assert done.json()["proposed_by"] == str(director.id)
    assert done.json()["actor_id"] == str(other.id)
    assert done.json()["proposal_id"] == proposal
    again = await confirm(house, other, secret, proposal)
    assert problem(again) == (409, "secrecy_proposal_over")
    assert await letters(house, ana) == (1 if days is None else 0)
    kept = [each["entry"] for each in await chain(house, other, secret)]
    assert kept == ["ordered", "proposed", "ordered"]
    if days is not None:
        later(days=days, seconds=60)
        assert await letters(house, ana) == 1


async def test_a_privacy_officer_proposes_and_one_director_confirms(
    house: Service, secret: str, privacy: StaffPerson, other: StaffPerson
) -> None:
    proposal = (await order(house, privacy, secret, None)).json()["id"]
    assert (await confirm(house, other, secret, proposal)).status_code == 200
    assert await until_of(house, secret) is None
    nothing = await order(house, privacy, secret, None)
    assert nothing.json()["errors"][0]["code"] == "no_secrecy"
    anew = await order(house, privacy, secret, ahead(house, 5))
    assert (anew.json()["entry"], anew.json()["change"]) == ("ordered", "set")


async def test_a_proposal_is_over_once_another_order_came(
    house: Service,
    secret: str,
    privacy: StaffPerson,
    director: StaffPerson,
    other: StaffPerson,
    ana: CustomerPerson,
) -> None:
    """It was made looking at the old order: to confirm it would undo the court's new one."""
    proposal = (await order(house, privacy, secret, None)).json()["id"]
    assert (await order(house, director, secret, ahead(house, 90))).status_code == 200
    stands = await until_of(house, secret)
    late = await confirm(house, other, secret, proposal)
    assert problem(late) == (409, "secrecy_proposal_over")
    newer = (await order(house, privacy, secret, ahead(house, 40))).json()["id"]
    newest = (await order(house, privacy, secret, ahead(house, 50))).json()["id"]
    assert problem(await confirm(house, other, secret, newer)) == (409, "secrecy_proposal_over")
    assert await until_of(house, secret) == stands
    assert await letters(house, ana) == 0
    assert (await confirm(house, other, secret, newest)).status_code == 200


@pytest.mark.parametrize(("days", "wanted"), [(7, None), (5, 4)])
async def test_a_proposal_does_not_wait_for_ever(
    house: Service,
    secret: str,
    privacy: StaffPerson,
    later: Callable[..., None],
    days: int,
    wanted: int | None,
) -> None:
    until = None if wanted is None else ahead(house, wanted)
    proposal = (await order(house, privacy, secret, until)).json()["id"]
    stands = await until_of(house, secret)
    later(days=days)
    someone = await add_staff(house.platform, "director")
    late = await confirm(house, someone, secret, proposal)
    assert problem(late) == (409, "secrecy_proposal_over")
    assert await until_of(house, secret) == stands


async def test_of_two_who_confirm_at_once_one_does(
    house: Service, secret: str, privacy: StaffPerson, director: StaffPerson, other: StaffPerson
) -> None:
    proposal = (await order(house, privacy, secret, None)).json()["id"]
    answers = await asyncio.gather(
        *(confirm(house, who, secret, proposal) for who in (director, other))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_came_without_an_end_is_shortened_by_any_end_before_two_years(
    house: Service, privacy: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, privacy, agency, secrecy_basis="CPP, art. 20")
    await brought(house, privacy, draft["id"], "submit")
    sooner = await order(house, privacy, draft["id"], ahead(house, 700))
    assert (sooner.json()["entry"], sooner.json()["change"]) == ("proposed", "shortened")
    assert await until_of(house, draft["id"]) is None


async def test_one_request_is_no_others(
    house: Service, secret: str, privacy: StaffPerson, agency: UUID, other: StaffPerson
) -> None:
    proposal = (await order(house, privacy, secret, None)).json()["id"]
    draft = await entered(house, privacy, agency)
    elsewhere = await confirm(house, other, draft["id"], proposal)
    assert problem(elsewhere) == (404, "not_found")
    first = (await chain(house, privacy, secret))[0]["id"]
    assert problem(await confirm(house, other, secret, first)) == (404, "not_found")


async def test_custody_tells_every_order_that_ever_stood(
    house: Service, director: StaffPerson, privacy: StaffPerson, other: StaffPerson
) -> None:
    made = await add_agency(house.platform, by=director.id)
    beatriz = await add_officer(house.platform, made)
    until = {"secrecy_basis": "CPP, art. 20", "secrecy_until": ahead(house, 30)}
    request_id = (await sent(house, beatriz, **until))["id"]
    await order(house, privacy, request_id, ahead(house, 60))
    proposal = (await order(house, privacy, request_id, None)).json()["id"]
    await confirm(house, other, request_id, proposal)
    await house.client.get(DESK, headers=privacy.headers)
    answer = await house.client.get(f"{DESK}/{request_id}/custody", headers=privacy.headers)
    told = [link for link in answer.json()["items"] if link["secrecy_order"]]
    entries = [link["secrecy_order"] for link in told]
    assert [(each["entry"], each["change"]) for each in entries] == [
        ("ordered", "set"),
        ("ordered", "extended"),
        ("proposed", "lifted"),
        ("ordered", "lifted"),
    ]
    assert [link["actor_id"] for link in told] == [
        str(who.id) for who in (beatriz, privacy, privacy, other)
    ]
    assert entries[0]["secrecy_until"] < entries[1]["secrecy_until"]
    assert all(each["reason"] and each["reference"] for each in entries[1:])
    hidden = await house.client.get(f"{DOOR}/{request_id}/secrecy-orders", headers=beatriz.headers)
    assert problem(hidden) == (404, "not_found")


async def test_the_database_itself_wants_two_people_and_forgets_nothing(
    house: Service, secret: str, privacy: StaffPerson, director: StaffPerson
) -> None:
    proposal = (await order(house, privacy, secret, None)).json()["id"]
    row: dict[str, Any] = {
        "id": UUID(int=int(UUID(proposal)) ^ 1),
        "request_id": UUID(secret),
        "number": 3,
        "at": house.clock(),
        "entry": "ordered",
        "change": "lifted",
        "secrecy_basis": "CPP, art. 20",
        "actor_kind": "staff",
        "actor_id": privacy.id,
        "proposal_id": UUID(proposal),
        "proposed_by": privacy.id,
    }
    alone: dict[str, Any] = {"proposal_id": None, "proposed_by": None}
    for wrong in ({}, alone):
        with pytest.raises(IntegrityError, match="four_eyes"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(insert(LegalSecrecyOrder).values(row | wrong))
    for statement in (
        update(LegalSecrecyOrder).values(secrecy_until=None),
        delete(LegalSecrecyOrder),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(statement)
    counted = select(func.count()).where(LegalSecrecyOrder.request_id == UUID(secret))
    assert (await rows(house.platform, counted))[0][0] == 2
