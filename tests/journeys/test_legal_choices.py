"""Who is meant: whatever customers declare of themselves, nobody is made unfindable by it."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import LegalHold, LegalTarget
from tests.support.legal import DESK, DOOR, brought, entered, sent, step
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.policies import prove_presence
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASON = "A autoridade informou a data de nascimento, que é a desta conta."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


@pytest_asyncio.fixture(loop_scope="module")
async def zoe(house: Service) -> CustomerPerson:
    return await add_customer(house.platform)


def by_phone(who: CustomerPerson, **more: str) -> dict[str, str]:
    """A person as somebody knows them who never saw a document of theirs."""
    return {"name": who.row["name"], "phone": who.row["phone"], **more}


async def double(house: Service, who: CustomerPerson) -> CustomerPerson:
    """Somebody who declares another's name and telephone."""
    return await add_customer(house.platform, name=who.row["name"], phone=who.row["phone"])


async def persons(house: Service, by: StaffPerson, request_id: str) -> list[dict[str, Any]]:
    answer = await house.client.get(f"{DESK}/{request_id}/targets", headers=by.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return sorted(found, key=lambda each: each["position"])


async def choose(
    house: Service, by: StaffPerson, target: dict[str, Any], customer: UUID, **body: str
) -> Any:
    await prove_presence(house, by)
    return await house.client.post(
        f"{DESK}/{target['request_id']}/targets/{target['id']}/choice",
        json={"customer_id": str(customer), "reason": REASON, **body},
        headers=by.headers,
    )


async def looked_at(
    house: Service, by: StaffPerson, agency: AgencyMade, *targets: dict[str, str], **members: Any
) -> str:
    """A request whose persons were looked up, under review."""
    draft = await entered(house, by, agency.id, targets=list(targets), **members)
    await brought(house, by, draft["id"], "submit", "begin", "confirm")
    request_id: str = draft["id"]
    return request_id


async def test_how_each_search_went_is_kept_for_the_desk(
    house: Service, agency: AgencyMade, privacy: StaffPerson, zoe: CustomerPerson
) -> None:
    vera = await add_customer(house.platform)
    other = await double(house, vera)
    targets = [
        by_phone(zoe),
        {"name": "Ninguém Daqui", "phone": "+5511900000001"},
        {"name": "Outro Nome", "phone": zoe.row["phone"]},
        by_phone(vera),
        by_phone(zoe, email=vera.row["email"]),
    ]
    request_id = await looked_at(house, privacy, agency, *targets)
    found = await persons(house, privacy, request_id)
    assert [each["outcome"] for each in found] == [
        *("matched", "none", "partial", "ambiguous", "ambiguous")
    ]
    assert [each["candidate_count"] for each in found] == [1, 0, 0, 2, 1]
    assert [each["customer_id"] for each in found] == [str(zoe.id), None, None, None, None]
    assert {each["customer_id"] for each in found[3]["candidates"]} == {
        str(vera.id),
        str(other.id),
    }
    assert [each["customer_id"] for each in found[4]["candidates"]] == [str(zoe.id)]


async def test_a_telephone_that_many_declare_hides_nobody(
    house: Service, agency: AgencyMade, privacy: StaffPerson, zoe: CustomerPerson
) -> None:
    for _ in range(60):
        await add_customer(house.platform, phone=zoe.row["phone"])
    request_id = await looked_at(house, privacy, agency, by_phone(zoe))
    [found] = await persons(house, privacy, request_id)
    assert (found["outcome"], found["customer_id"]) == ("matched", str(zoe.id))


async def test_nothing_goes_on_until_the_desk_said_who_is_meant(
    house: Service,
    agency: AgencyMade,
    privacy: StaffPerson,
    director: StaffPerson,
    zoe: CustomerPerson,
) -> None:
    other = await double(house, zoe)
    request_id = await looked_at(house, privacy, agency, by_phone(zoe))
    early = await step(house, privacy, request_id, "forward")
    assert (early.status_code, early.json()["code"]) == (409, "target_ambiguous")
    [target] = await persons(house, privacy, request_id)
    stranger = await add_customer(house.platform)
    wrong = await choose(house, privacy, target, stranger.id)
    assert [(each["pointer"], each["code"]) for each in wrong.json()["errors"]] == [
        ("/customer_id", "not_a_candidate")
    ]
    done = await choose(house, privacy, target, zoe.id)
    assert done.status_code == 200, done.text
    said = done.json()
    assert (said["outcome"], said["customer_id"]) == ("ambiguous", str(zoe.id))
    assert (said["chosen_by"], said["choice_reason"]) == (str(privacy.id), REASON)
    assert said["matched_by"] == ["phone", "name"]
    deeds = await events(
        house.platform, action="staff:legal_target:choose", subject_id=UUID(target["id"])
    )
    assert ["customer_id" in deed.fields for deed in deeds] == [True, True]
    assert str(other.id) not in str([deed.fields for deed in deeds])
    custody = await house.client.get(f"{DESK}/{request_id}/custody", headers=privacy.headers)
    assert "staff:legal_target:choose" in custody.text
    await brought(house, privacy, request_id, "forward")
    late = await choose(house, privacy, target, other.id)
    assert late.json()["code"] == "legal_request_state", "what a director is shown stays"
    approved = await step(house, director, request_id, "approve")
    assert approved.json()["status"] == "collecting", approved.text


async def test_whoever_chose_does_not_approve(
    house: Service,
    agency: AgencyMade,
    privacy: StaffPerson,
    director: StaffPerson,
    zoe: CustomerPerson,
) -> None:
    await double(house, zoe)
    request_id = await looked_at(house, privacy, agency, by_phone(zoe))
    [target] = await persons(house, privacy, request_id)
    assert (await choose(house, director, target, zoe.id)).status_code == 200
    await brought(house, privacy, request_id, "forward")
    alone = await step(house, director, request_id, "approve")
    assert alone.json()["code"] == "second_person_required"
    second = await add_staff(house.platform, "director")
    assert (await step(house, second, request_id, "approve")).json()["status"] == "collecting"


async def test_where_too_many_are_meant_one_is_chosen_or_asked_for(
    house: Service, agency: AgencyMade, privacy: StaffPerson, zoe: CustomerPerson
) -> None:
    for _ in range(51):
        await double(house, zoe)
    for members in ({}, {"kind": "preservation", "basis": "mci_13_2"}):
        request_id = await looked_at(house, privacy, agency, by_phone(zoe), **members)
        [target] = await persons(house, privacy, request_id)
        assert (target["outcome"], target["candidate_count"]) == ("too_many", 51)
        assert target["candidates"] == []
        early = await step(house, privacy, request_id, "forward")
        assert early.json()["code"] == "target_ambiguous"
        asked = await step(
            house, privacy, request_id, "ask", reason="incomplete", message="Qual é o CPF?"
        )
        assert asked.json()["status"] == "information_requested"
        await step(house, privacy, request_id, "inform", message="É 529.982.247-25.")
        stranger = await add_customer(house.platform)
        wrong = await choose(house, privacy, target, stranger.id)
        assert [each["code"] for each in wrong.json()["errors"]] == ["not_a_candidate"]
        assert (await choose(house, privacy, target, zoe.id)).status_code == 200
        await brought(house, privacy, request_id, "confirm", "forward")


async def test_a_preservation_holds_everybody_who_may_be_meant(
    house: Service,
    agency: AgencyMade,
    privacy: StaffPerson,
    director: StaffPerson,
    zoe: CustomerPerson,
) -> None:
    other = await double(house, zoe)
    preservation = {"kind": "preservation", "basis": "mci_13_2"}
    request_id = await looked_at(house, privacy, agency, by_phone(zoe), **preservation)
    await brought(house, privacy, request_id, "forward")
    await step(house, director, request_id, "approve")
    held = select(LegalHold.customer_id).where(LegalHold.request_id == UUID(request_id))
    assert {row.customer_id for row in await rows(house.platform, held)} == {zoe.id, other.id}


async def test_what_is_unclear_is_told_to_nobody_else(
    house: Service,
    agency: AgencyMade,
    privacy: StaffPerson,
    beatriz: OfficerPerson,
    zoe: CustomerPerson,
) -> None:
    vera = await add_customer(house.platform)
    await double(house, zoe)
    seen = []
    for who in (zoe, vera):
        request = await sent(house, beatriz, targets=[by_phone(who)])
        await brought(house, privacy, request["id"], "begin", "confirm")
        own = await house.client.get(f"{DOOR}/{request['id']}", headers=beatriz.headers)
        steps = await house.client.get(f"{DOOR}/{request['id']}/steps", headers=beatriz.headers)
        seen.append((own.json()["status"], own.json()["next"], own.json().keys()))
        assert "ambiguous" not in own.text + steps.text
        refused = await house.client.get(f"{DESK}/{request['id']}/targets", headers=beatriz.headers)
        assert refused.status_code == 401
    assert seen[0] == seen[1]


async def test_a_choice_is_about_a_person_of_that_request(
    house: Service, agency: AgencyMade, privacy: StaffPerson, zoe: CustomerPerson
) -> None:
    await double(house, zoe)
    one, two = [await looked_at(house, privacy, agency, by_phone(zoe)) for _ in range(2)]
    [target] = await persons(house, privacy, one)
    elsewhere = await choose(house, privacy, {**target, "request_id": two}, zoe.id)
    assert elsewhere.status_code == 404
    [settled] = await persons(
        house,
        privacy,
        await looked_at(house, privacy, agency, {"name": "Ninguém", "phone": "+5511900000002"}),
    )
    pointless = await choose(house, privacy, settled, zoe.id)
    assert pointless.json()["code"] == "legal_request_state"
    kept = select(LegalTarget.customer_id).where(LegalTarget.id == UUID(settled["id"]))
    assert [row.customer_id for row in await rows(house.platform, kept)] == [None]
