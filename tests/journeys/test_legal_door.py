"""An official's request at the door of authorities: drafted, sent, followed, and no oracle."""

import itertools

import httpx
import pytest
import pytest_asyncio

from tests.support.legal import (
    DESK,
    DOOR,
    asked,
    brought,
    naming,
    officer_step,
    sent,
    sound_order,
    step,
    uploaded,
)
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_staff, cpf
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = itertools.count(620_000_001)
"""Of the CPFs of signers here."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_draft_is_its_senders_alone(
    house: Service, beatriz: OfficerPerson, agency: AgencyMade, director: StaffPerson
) -> None:
    answer = await house.client.post(DOOR, json=asked(), headers=beatriz.headers)
    draft = answer.json()
    assert (draft["status"], draft["next"]) == ("draft", ["submit", "discard"])
    colleague = await add_officer(house.platform, agency)
    for who, door in ((colleague, DOOR), (director, DESK)):
        seen = await house.client.get(f"{door}/{draft['id']}", headers=who.headers)
        assert problem(seen) == (404, "not_found")
    await uploaded(house, beatriz, draft["id"], await sound_order())
    await officer_step(house, beatriz, draft["id"], "submit")
    seen = await house.client.get(f"{DESK}/{draft['id']}", headers=director.headers)
    assert seen.json()["status"] == "received"


async def test_known_and_unknown_people_get_the_same_answers(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, maria: CustomerPerson
) -> None:
    nobody = {"name": "Ninguém Daqui", "email": "ninguem@exemplo.com.br"}
    half = naming(maria)[0] | {"name": "Outra Pessoa"}
    answers = []
    for target in (naming(maria)[0], nobody, half):
        known = await sent(house, beatriz, targets=[target])
        await brought(house, privacy, known["id"], "begin", "confirm", "forward")
        seen = await house.client.get(f"{DOOR}/{known['id']}", headers=beatriz.headers)
        body = seen.json()
        steps = await house.client.get(f"{DOOR}/{known['id']}/steps", headers=beatriz.headers)
        assert str(maria.id) not in seen.text + steps.text
        own = {"id", "reference", "targets", "created_at", "submitted_at", "status_at"}
        own |= {"legal_due_at", "documents_sha256"}  # over the ids of the files, too
        answers.append({name: value for name, value in body.items() if name not in own})
    assert answers[0] == answers[1] == answers[2]


async def test_the_desks_own_words_stay_at_the_desk(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson
) -> None:
    received = await sent(house, beatriz)
    await brought(house, privacy, received["id"], "begin")
    await step(
        house,
        privacy,
        received["id"],
        "ask",
        reason="incomplete",
        message="Qual o número do inquérito?",
        note="Parece cópia de outro pedido.",
    )
    steps = await house.client.get(f"{DOOR}/{received['id']}/steps", headers=beatriz.headers)
    last = steps.json()["items"][0]
    assert last["message"] == "Qual o número do inquérito?"
    assert "note" not in last
    assert "actor_id" not in last
    body = (await house.client.get(f"{DOOR}/{received['id']}", headers=beatriz.headers)).json()
    assert body["next"] == ["inform", "withdraw"]
    assert {"findings", "reviewed_by", "entered_by"}.isdisjoint(body)


@pytest.mark.parametrize("deed", ["begin", "approve", "check", "collected"])
async def test_no_deed_of_the_desk_or_the_worker_is_the_senders(
    house: Service, beatriz: OfficerPerson, deed: str
) -> None:
    received = await sent(house, beatriz)
    answer = await officer_step(house, beatriz, received["id"], deed)
    assert answer.status_code == 422
    again = await house.client.get(f"{DOOR}/{received['id']}", headers=beatriz.headers)
    assert again.json()["status"] == "received"


async def test_the_desk_does_not_speak_for_the_sender(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson
) -> None:
    received = await sent(house, beatriz)
    answer = await step(house, privacy, received["id"], "withdraw")
    assert problem(answer) == (409, "legal_request_state")


async def test_it_can_be_withdrawn_and_a_refusal_appealed(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, director: StaffPerson
) -> None:
    received = await sent(house, beatriz)
    gone = await officer_step(house, beatriz, received["id"], "withdraw")
    assert gone.json()["status"] == "withdrawn"
    refused = await sent(house, beatriz)
    await step(house, privacy, refused["id"], "reject", reason="no_competence")
    mute = await officer_step(house, beatriz, refused["id"], "appeal")
    assert problem(mute) == (422, "validation_failed")
    await officer_step(house, beatriz, refused["id"], "appeal", message="Há competência expressa.")
    taken_up = await step(house, director, refused["id"], "resume", reason="upheld")
    assert taken_up.json()["status"] == "identity_check"


JUDGES = {
    "kind": "access_records",
    "basis": "mci_15_3",
    "signer_office": "judge",
    "items": ["access_records"],
    "period_from": "2026-09-01T00:00:00-03:00",
    "period_to": "2026-09-15T00:00:00-03:00",
    "period_zone": "America/Sao_Paulo",
}
"""What a judge alone may order."""


@pytest.mark.parametrize(
    ("office", "status"), [("clerk", 422), ("prosecutor", 422), ("judge", 201)]
)
async def test_nobody_signs_in_an_office_that_they_were_not_called_back_for(
    house: Service, director: StaffPerson, office: str, status: int
) -> None:
    court = await add_agency(house.platform, by=director.id, kind="court")
    tax_id = cpf(next(_numbers))
    sender = await add_officer(house.platform, court, office=office, tax_id=tax_id)
    body = asked(**JUDGES, signer_tax_id=tax_id)
    answer = await house.client.post(DOOR, json=body, headers=sender.headers)
    assert answer.status_code == status, answer.text
    if status == 422:
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/signer_office", "office_not_yours")
        another = asked(**JUDGES)
        sent_for = await house.client.post(DOOR, json=another, headers=sender.headers)
        assert sent_for.status_code == 201, "a clerk sends what a judge signed"


@pytest.mark.parametrize(
    ("known", "finding"),
    [
        ([], "signer_office_unproven"),
        ([("clerk", "active")], "signer_office_differs"),
        ([("judge", "active")], None),
        ([("clerk", "active"), ("judge", "active")], None),
        ([("judge", "expired")], "signer_office_unproven"),
        ([("judge", "suspended")], "signer_office_unproven"),
        ([("clerk", "confirmed")], "signer_office_unproven"),
        ([("judge", "expired"), ("clerk", "suspended")], "signer_office_differs"),
    ],
)
async def test_the_signers_office_is_held_against_the_directory(
    house: Service,
    director: StaffPerson,
    privacy: StaffPerson,
    known: list[tuple[str, str]],
    finding: str | None,
) -> None:
    """Of whichever agency: the sender of this one is not the signer."""
    tax_id = cpf(next(_numbers))
    for office, status in known:
        elsewhere = await add_agency(house.platform, by=director.id, kind="court")
        await add_officer(house.platform, elsewhere, office=office, status=status, tax_id=tax_id)
    court = await add_agency(house.platform, by=director.id, kind="court")
    clerk = await add_officer(house.platform, court, office="clerk")
    request = await sent(house, clerk, **JUDGES, signer_tax_id=tax_id)
    seen = await brought(house, privacy, request["id"], "begin")
    codes = {each["code"] for each in seen["findings"]}
    assert {code for code in codes if code.startswith("signer_office")} == {finding} - {None}
