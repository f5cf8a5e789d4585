"""Colleagues on a request: added by mail address, and no way to learn who is an officer."""

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.core.ids import new_id
from app.models import AuditEvent, LegalColleague, OutboxMessage
from tests.support.legal import DOOR, officer_step, sent
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer
from tests.support.people import StaffPerson
from tests.support.records import count, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


async def add(house: Service, by: OfficerPerson, request_id: str, email: str) -> httpx.Response:
    address = f"{DOOR}/{request_id}/colleagues"
    return await house.client.post(address, json={"email": email}, headers=by.headers)


async def seen_by(house: Service, officer: OfficerPerson, request_id: str) -> int:
    answer = await house.client.get(f"{DOOR}/{request_id}", headers=officer.headers)
    return answer.status_code


async def test_a_colleague_acts_for_a_request_until_they_step_back(
    house: Service, beatriz: OfficerPerson, agency: AgencyMade
) -> None:
    request = await sent(house, beatriz)
    carla = await add_officer(house.platform, agency)
    assert await seen_by(house, carla, request["id"]) == 404
    answer = await add(house, beatriz, request["id"], carla.email.upper())
    assert answer.status_code == 200, answer.text
    (shown,) = answer.json()["items"]
    assert (shown["officer_id"], shown["officer"]["email"]) == (str(carla.id), carla.email)
    assert await seen_by(house, carla, request["id"]) == 200
    again = await add(house, carla, request["id"], carla.email)
    assert again.status_code == 422  # oneself is no colleague
    again = await add(house, beatriz, request["id"], carla.email)
    assert again.json() == answer.json()
    told = await rows(
        house.platform, select(OutboxMessage.template).where(OutboxMessage.officer_id == carla.id)
    )
    assert [row.template for row in told] == ["legal_request_shared"]

    address = f"{DOOR}/{request['id']}/colleagues"
    listed = await house.client.get(address, headers=carla.headers)
    assert listed.json() == answer.json()
    gone = await officer_step(house, carla, request["id"], "withdraw")
    assert gone.json()["status"] == "withdrawn"
    left = await house.client.delete(f"{address}/{carla.id}", headers=carla.headers)
    assert left.status_code == 204, left.text
    assert await seen_by(house, carla, request["id"]) == 404
    missed = await house.client.delete(f"{address}/{carla.id}", headers=beatriz.headers)
    assert missed.status_code == 404


async def test_a_colleague_may_add_another_and_the_sender_stays_who_they_are(
    house: Service, beatriz: OfficerPerson, agency: AgencyMade
) -> None:
    request = await sent(house, beatriz)
    carla, dora = [await add_officer(house.platform, agency) for _ in range(2)]
    await add(house, beatriz, request["id"], carla.email)
    answer = await add(house, carla, request["id"], dora.email)
    listed = [item["officer_id"] for item in answer.json()["items"]]
    assert listed == [str(carla.id), str(dora.id)]
    answer = await add(house, carla, request["id"], beatriz.email)
    assert [item["officer_id"] for item in answer.json()["items"]] == listed
    await house.client.delete(
        f"{DOOR}/{request['id']}/colleagues/{beatriz.id}", headers=carla.headers
    )
    assert await seen_by(house, beatriz, request["id"]) == 200


async def test_whoever_is_no_colleague_gets_one_answer_and_changes_nothing(
    house: Service, beatriz: OfficerPerson, agency: AgencyMade, director: StaffPerson
) -> None:
    request = await sent(house, beatriz)
    foreign = await add_agency(house.platform, by=director.id)
    emails = [
        f"ninguem@{agency.domain}",
        beatriz.email,
        (await add_officer(house.platform, foreign)).email,
        *[
            (await add_officer(house.platform, agency, status=status)).email
            for status in ("confirmed", "suspended", "expired")
        ],
        (await add_officer(house.platform, agency, valid_until=house.clock())).email,
    ]
    before = await count(house.platform, LegalColleague)
    answers = [await add(house, beatriz, request["id"], email) for email in emails]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["errors"][0]["code"] == "unknown_colleague"
    assert await count(house.platform, LegalColleague) == before


async def test_a_request_of_anothers_is_none(
    house: Service, beatriz: OfficerPerson, agency: AgencyMade
) -> None:
    request = await sent(house, beatriz)
    carla = await add_officer(house.platform, agency)
    for request_id in (request["id"], str(new_id())):
        address = f"{DOOR}/{request_id}/colleagues"
        answers = [
            await house.client.get(address, headers=carla.headers),
            await add(house, carla, request_id, beatriz.email),
            await add(house, carla, request_id, f"ninguem@{agency.domain}"),
            await house.client.delete(f"{address}/{carla.id}", headers=carla.headers),
        ]
        assert {answer.status_code for answer in answers} == {404}
    missed = await rows(
        house.platform,
        select(AuditEvent.action).where(
            AuditEvent.actor_id == carla.id, AuditEvent.outcome == "refused"
        ),
    )
    assert "authority:legal_colleague:add" in {event.action for event in missed}
