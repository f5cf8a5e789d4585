"""What came on paper, from the entry to the approval: over HTTP, by the people that it takes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.models import AuditEvent, LegalRequest, OutboxMessage
from tests.support.legal import DESK, brought, entered, naming, on_paper, step, tag
from tests.support.officers import add_agency
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECEIVED = ("submit", "begin", "confirm")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> UUID:
    return (await add_agency(house.platform, by=director.id)).id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def pointers(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(each["pointer"], each["code"]) for each in answer.json()["errors"]}


async def test_three_fields_are_granted_and_the_mail_address_is_refused(
    house: Service, officer: StaffPerson, director: StaffPerson, agency: UUID
) -> None:
    asked = ["name", "address", "qualification", "email", "phone", "filiation"]
    draft = await entered(house, officer, agency, items=asked)
    assert draft["next"] == ["submit", "discard"]
    seen = await brought(house, officer, draft["id"], *RECEIVED)
    codes = {each["code"] for each in seen["findings"]} - {"document_seen_before"}
    assert codes == {"partly_covered", "signer_office_unproven"}
    assert problem(await step(house, officer, draft["id"], "forward")) == (409, "must_be_narrowed")
    narrowed = await step(house, officer, draft["id"], "narrow", reason="beyond_basis")
    assert narrowed.status_code == 200, narrowed.text
    decided = {each["item"]: each for each in narrowed.json()["decisions"]}
    assert {item for item, each in decided.items() if each["decision"] == "granted"} == {
        "name",
        "address",
        "qualification",
    }
    for item in ("email", "phone"):
        assert decided[item]["decision"] == "refused"
        assert decided[item]["article"] == "Lei 12.965/2014, art. 10, § 1º"
    assert decided["filiation"]["decision"] == "not_held"
    await brought(house, officer, draft["id"], "forward")
    approved = await step(house, director, draft["id"], "approve")
    assert approved.json()["status"] == "collecting"
    assert approved.json()["approved_by"] == str(director.id)


async def test_nobody_approves_what_they_reviewed(
    house: Service, director: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, director, agency)
    await brought(house, director, draft["id"], *RECEIVED, "forward")
    refused = await step(house, director, draft["id"], "approve")
    assert problem(refused) == (403, "second_person_required")
    other = await add_staff(house.platform, "director")
    assert (await step(house, other, draft["id"], "approve")).status_code == 200


async def test_communications_take_two_directors(
    house: Service, officer: StaffPerson, director: StaffPerson
) -> None:
    court = await add_agency(house.platform, by=director.id, kind="court")
    draft = await entered(
        house,
        officer,
        court.id,
        kind="communications",
        basis="mci_10_2",
        signer_office="judge",
        items=["communications"],
        period_from="2026-09-01T00:00:00-03:00",
        period_to="2026-09-15T00:00:00-03:00",
        period_zone="America/Sao_Paulo",
    )
    await brought(house, officer, draft["id"], *RECEIVED, "forward")
    once = await step(house, director, draft["id"], "approve")
    assert once.json()["status"] == "approval"
    again = await step(house, director, draft["id"], "approve")
    assert problem(again) == (403, "second_person_required")
    other = await add_staff(house.platform, "director")
    assert (await step(house, other, draft["id"], "approve")).json()["status"] == "collecting"


async def test_an_approval_wants_a_fresh_proof(
    house: Service, officer: StaffPerson, agency: UUID, later: Callable[..., None]
) -> None:
    draft = await entered(house, officer, agency)
    await brought(house, officer, draft["id"], *RECEIVED, "forward")
    stale = await add_staff(house.platform, "director")
    read = await tag(house, stale, draft["id"])
    later(minutes=6)
    answer = await house.client.post(
        f"{DESK}/{draft['id']}/steps", json={"deed": "approve"}, headers=stale.headers | read
    )
    assert answer.json()["code"] == "step_up_required", answer.text


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"targets": [{"name": "Maria D'Ávila"}]}, {("/targets/0", "target_generic")}),
        (
            {"basis": "mci_10_2"},
            {
                ("/basis", "basis_not_for_kind"),
                ("/signer_office", "office_not_for_basis"),
            },
        ),
        ({"process_number": None}, {("/process_number", "needed_for_basis")}),
        ({"items": ["name", "name"]}, {("/items/1", "duplicate_item")}),
        ({"items": ["access_records"]}, {("/period_from", "period_needed")}),
        ({"secrecy_until": "2027-06-01T00:00:00Z"}, {("/secrecy_basis", "secrecy_needs_basis")}),
        ({"due_at": "2020-01-01T00:00:00Z"}, {("/due_at", "date_not_future")}),
        (
            {
                "period_from": "2026-01-01T00:00:00Z",
                "period_to": "2026-11-01T00:00:00Z",
                "period_zone": "Brasilia",
            },
            {("/period_to", "period_too_long"), ("/period_zone", "unknown_zone")},
        ),
    ],
)
async def test_what_is_no_whole_request_is_refused_with_its_article(
    house: Service, officer: StaffPerson, agency: UUID, members: dict[str, object], wrong: object
) -> None:
    body = on_paper(agency, **members)
    body = {name: value for name, value in body.items() if value is not None}
    answer = await house.client.post(DESK, json=body, headers=officer.headers)
    assert pointers(answer) == wrong


async def test_no_period_is_searched_that_has_not_ended(
    house: Service, officer: StaffPerson, agency: UUID
) -> None:
    now = house.clock()
    period = {
        "items": ["access_records"],
        "period_from": (now - timedelta(days=1)).isoformat(),
        "period_zone": "America/Sao_Paulo",
    }
    early = on_paper(agency, **period, period_to=(now + timedelta(minutes=1)).isoformat())
    answer = await house.client.post(DESK, json=early, headers=officer.headers)
    assert pointers(answer) == {("/period_to", "date_not_past")}
    assert "passado" in answer.json()["errors"][0]["message"]
    over = on_paper(agency, **period, period_to=now.isoformat())
    answer = await house.client.post(DESK, json=over, headers=officer.headers)
    assert answer.status_code == 201, answer.text


async def test_only_two_identifiers_find_somebody(
    house: Service, officer: StaffPerson, agency: UUID
) -> None:
    zoe = await add_customer(house.platform, name="Zoé Única")
    stranger = {"name": "Ninguém Daqui", "email": "ninguem@exemplo.com.br"}
    half = {"name": "Outro Nome", "email": zoe.row["email"]}
    draft = await entered(house, officer, agency, targets=[*naming(zoe), stranger, half])
    seen = await brought(house, officer, draft["id"], "submit", "begin")
    assert str(zoe.id) not in str(seen)
    answer = await house.client.get(f"{DESK}/{draft['id']}/targets", headers=officer.headers)
    people = sorted(answer.json()["items"], key=lambda each: each["position"])
    assert [each["customer_id"] for each in people] == [str(zoe.id), None, None]
    assert people[0]["matched_by"] == ["email", "name"]


async def test_a_refusal_names_reason_law_and_person(
    house: Service, officer: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, officer, agency)
    await brought(house, officer, draft["id"], "submit", "begin")
    assert pointers(await step(house, officer, draft["id"], "reject")) == {
        ("/reason", "needed_for_deed")
    }
    unfit = await step(house, officer, draft["id"], "reject", reason="upheld")
    assert pointers(unfit) == {("/reason", "reason_not_for_deed")}
    done = await step(house, officer, draft["id"], "reject", reason="no_competence")
    assert done.json()["status"] == "rejected"
    answer = await house.client.get(f"{DESK}/{draft['id']}/steps", headers=officer.headers)
    last = answer.json()["items"][0]
    assert (last["deed"], last["reason"]) == ("reject", "no_competence")
    assert last["article"] == "Lei 12.965/2014, art. 10, § 3º"
    assert last["actor_name"]


async def test_while_information_is_owed_the_clock_stands(
    house: Service, officer: StaffPerson, agency: UUID, later: Callable[..., None]
) -> None:
    draft = await entered(house, officer, agency)
    seen = await brought(house, officer, draft["id"], "submit", "begin")
    asked = await step(
        house, officer, draft["id"], "ask", reason="incomplete", message="Qual o inquérito?"
    )
    assert asked.json()["clock_stopped_at"]
    later(minutes=10)
    told = await step(house, officer, draft["id"], "inform", message="IP 123/2026")
    assert told.json()["status"] == "identity_check"
    gained = moment(told.json()["legal_due_at"]) - moment(seen["legal_due_at"])
    assert timedelta(minutes=10) <= gained < timedelta(minutes=20)


async def test_the_same_question_twice_is_noticed(
    house: Service, officer: StaffPerson, director: StaffPerson
) -> None:
    agency = (await add_agency(house.platform, by=director.id)).id
    first = await entered(house, officer, agency)
    await brought(house, officer, first["id"], "submit")
    second = await entered(house, officer, agency)
    seen = await brought(house, officer, second["id"], "submit", "begin")
    assert {"code": "duplicate", "reference": first["reference"]} in seen["findings"]


async def test_each_step_is_on_record_and_the_desk_is_told(
    house: Service, officer: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, officer, agency)
    await brought(house, officer, draft["id"], "submit")
    events = await rows(
        house.platform,
        select(AuditEvent.action, AuditEvent.fields).where(
            AuditEvent.subject_id == UUID(draft["id"]), AuditEvent.actor_id == officer.id
        ),
    )
    assert ("staff:legal_request:advance") in {event.action for event in events}
    letters = await rows(
        house.platform, select(OutboxMessage.params).where(OutboxMessage.staff_id == officer.id)
    )
    assert draft["reference"] in {letter.params.get("reference") for letter in letters}


async def test_support_has_no_part_in_it(house: Service, agency: UUID) -> None:
    support = await add_staff(house.platform, "support")
    for answer in (
        await house.client.get(DESK, headers=support.headers),
        await house.client.post(DESK, json=on_paper(agency), headers=support.headers),
    ):
        assert problem(answer) == (403, "forbidden")


async def test_the_database_itself_keeps_the_people_apart(
    house: Service, officer: StaffPerson, director: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, officer, agency)
    await brought(house, officer, draft["id"], *RECEIVED, "forward")
    await step(house, director, draft["id"], "approve")
    for column in ("reviewed_by", "checked_by"):
        with pytest.raises(IntegrityError, match="four_eyes"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(
                    update(LegalRequest)
                    .where(LegalRequest.id == UUID(draft["id"]))
                    .values({column: director.id})
                )


async def test_the_database_itself_keeps_whoever_typed_it_in_apart(
    house: Service, officer: StaffPerson, director: StaffPerson, agency: UUID
) -> None:
    typist = await add_staff(house.platform, "director")
    draft = await entered(house, typist, agency)
    await brought(house, officer, draft["id"], *RECEIVED, "forward")
    for column in ("approved_by", "approved_again_by", "checked_by"):
        with pytest.raises(IntegrityError, match="enterer"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(
                    update(LegalRequest)
                    .where(LegalRequest.id == UUID(draft["id"]))
                    .values({column: typist.id})
                )
    done = await step(house, director, draft["id"], "approve")
    assert done.json()["status"] == "collecting"


async def test_a_customer_never_sees_it(house: Service, maria: CustomerPerson) -> None:
    answer = await house.client.get(DESK, headers=maria.headers)
    assert answer.status_code == 401


async def test_whoever_typed_it_in_neither_approves_nor_checks(
    house: Service, officer: StaffPerson, director: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, director, agency)
    await brought(house, officer, draft["id"], *RECEIVED, "forward")
    refused = await step(house, director, draft["id"], "approve")
    assert problem(refused) == (403, "second_person_required")


async def test_a_director_calls_back_what_was_approved(
    house: Service, officer: StaffPerson, director: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, officer, agency)
    await brought(house, officer, draft["id"], *RECEIVED, "forward")
    await step(house, director, draft["id"], "approve")
    back = await step(house, director, draft["id"], "return", reason="scope_differs")
    assert back.json()["status"] == "legal_review"
    assert back.json()["approved_by"] is None
    assert back.json()["decisions"] == []


async def test_nobody_dismisses_the_appeal_against_their_own_refusal(
    house: Service, officer: StaffPerson, director: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, officer, agency)
    await brought(house, officer, draft["id"], "submit")
    await step(house, director, draft["id"], "reject", reason="no_competence")
    await step(house, officer, draft["id"], "appeal", message="Há competência expressa.")
    own = await step(house, director, draft["id"], "dismiss", reason="overruled")
    assert problem(own) == (403, "second_person_required")
    other = await add_staff(house.platform, "director")
    done = await step(house, other, draft["id"], "dismiss", reason="overruled")
    assert done.json()["status"] == "closed"


async def test_a_telephone_that_many_share_names_nobody_and_contradictions_neither(
    house: Service, officer: StaffPerson, agency: UUID
) -> None:
    phone = "+551140028922"
    twins = [await add_customer(house.platform, name="José Silva", phone=phone) for _ in range(2)]
    alone = await add_customer(house.platform, name="Zilda Sozinha", phone=phone)
    targets = [
        {"name": "José Silva", "phone": phone},
        {"name": "Zilda Sozinha", "phone": phone},
        {**naming(alone)[0], "tax_id": twins[0].row["tax_id"]},
    ]
    draft = await entered(house, officer, agency, targets=targets)
    await brought(house, officer, draft["id"], "submit", "begin")
    answer = await house.client.get(f"{DESK}/{draft['id']}/targets", headers=officer.headers)
    people = sorted(answer.json()["items"], key=lambda each: each["position"])
    assert [each["customer_id"] for each in people] == [None, str(alone.id), None]
