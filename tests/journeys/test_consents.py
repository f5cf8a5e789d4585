"""Customers say yes, no and no longer; staff write down what was said on the telephone."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.access.viewers import STAFF_ROLES
from app.models import ConsentEvent
from app.services import consent_states, consents
from tests.support.letters import letters_to
from tests.support.people import (
    CustomerPerson,
    MemberPerson,
    StaffPerson,
    add_customer,
    add_member,
    add_staff,
    change_columns,
)
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = "/v1/customer/consents"
YES = {"purpose": "marketing", "granted": True, "version": 1}
NO = {"purpose": "marketing", "granted": False}
CALL = {"call_reference": "2026-11-24/0042"}


async def say(
    house: Service, who: CustomerPerson | MemberPerson, body: dict[str, Any], **headers: str
) -> httpx.Response:
    return await house.client.post(OWN, json=body, headers=who.headers | headers)


async def standing(house: Service, who: CustomerPerson) -> dict[str, Any]:
    answer = await house.client.get(OWN, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return {item["purpose"]: item for item in answer.json()["items"]}


async def take(
    house: Service, staff: StaffPerson, customer_id: UUID, body: dict[str, Any]
) -> httpx.Response:
    path = f"/v1/staff/customers/{customer_id}/consents"
    return await house.client.post(path, json=body, headers=staff.headers)


async def test_nothing_is_ticked_before_it_is_asked(house: Service) -> None:
    maria = await add_customer(house.platform)
    found = await standing(house, maria)
    assert {purpose: state["state"] for purpose, state in found.items()} == {
        "marketing": "not_asked",
        "analytics": "not_asked",
    }
    assert found["marketing"]["id"] is None
    assert not await consents.allows(house.platform, maria.id, "marketing")


async def test_yes_no_longer_and_yes_again(house: Service) -> None:
    maria = await add_customer(house.platform)
    marketing = await add_staff(house.platform, "marketing")
    record = f"/v1/staff/customers/{maria.id}"
    expected = (
        (NO, "denied", False),
        (YES, "granted", True),
        (YES, "granted", True),
        (NO, "withdrawn", False),
        (NO, "denied", False),
        (YES, "granted", True),
    )
    for place, (body, state, allowed) in enumerate(expected, start=1):
        answer = await say(house, maria, body, **{"Accept-Language": "en"})
        assert answer.status_code == 201, answer.text
        event = answer.json()
        assert (event["sequence"], event["state"]) == (place, state)
        assert (event["channel"], event["language"]) == ("web", "en")
        assert (event["actor_kind"], event["actor_id"]) == ("login", str(maria.login_id))
        assert event["session_id"] == str(maria.session_id)
        shown = (await standing(house, maria))["marketing"]
        assert (shown["state"], shown["id"]) == (state, event["id"])
        # Felt at once, by every use of it.
        assert await consents.allows(house.platform, maria.id, "marketing") == allowed
        seen = await house.client.get(record, headers=marketing.headers)
        assert seen.status_code == (200 if allowed else 404)
    history = await house.client.get(f"{OWN}/history?limit=4", headers=maria.headers)
    page = history.json()
    assert [event["sequence"] for event in page["items"]] == [6, 5, 4, 3]
    rest = await house.client.get(
        f"{OWN}/history?limit=4&cursor={page['next_cursor']}", headers=maria.headers
    )
    assert [event["sequence"] for event in rest.json()["items"]] == [2, 1]


async def test_an_event_names_the_very_words(house: Service) -> None:
    maria = await add_customer(house.platform)
    event = (await say(house, maria, YES)).json()
    path = f"/v1/public/purposes/marketing/versions/{event['purpose_version']}"
    words = (await house.client.get(path)).json()
    assert event["purpose_hash"] == words["hash"]
    again = await house.client.get(f"{OWN}/{event['id']}", headers=maria.headers)
    assert again.json() == event


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"purpose": "marketing", "granted": True}, "version_missing"),
        (YES | {"purpose": "account"}, "unknown_purpose"),
        (YES | {"purpose": "cookies_analytics"}, "unknown_purpose"),
        (YES | {"purpose": ["marketing", "analytics"]}, "invalid_type"),
        (YES | {"granted": "yes"}, "invalid_boolean"),
        (YES | {"granted": None}, "invalid_boolean"),
        (YES | {"version": 0}, "number_too_small"),
        (YES | {"state": "granted"}, "unknown_member"),
        ({"granted": True, "version": 1}, "missing"),
    ],
)
async def test_what_is_no_statement_changes_nothing(
    house: Service, maria: CustomerPerson, untouched: None, body: dict[str, Any], refused: str
) -> None:
    answer = await say(house, maria, body)
    assert answer.status_code == 422
    problem = answer.json()
    assert refused in {problem["code"], *(error["code"] for error in problem.get("errors", ()))}


async def test_yes_to_words_that_were_never_in_force(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await say(house, maria, YES | {"version": 2})
    assert code(answer) == (409, "purpose_version_not_current")
    assert (await standing(house, maria))["marketing"]["state"] == "not_asked"


async def test_only_who_was_given_consents_speaks_for_the_account(house: Service) -> None:
    maria = await add_customer(house.platform)
    accountant = await add_member(house.platform, maria.id, "invoices")
    trusted = await add_member(house.platform, maria.id, "consents")
    for method, path in (("GET", OWN), ("POST", OWN), ("GET", f"{OWN}/history")):
        body = YES if method == "POST" else None
        answer = await house.client.request(method, path, json=body, headers=accountant.headers)
        assert code(answer) == (403, "forbidden")
    said = await say(house, trusted, YES)
    assert said.json()["actor_id"] == str(trusted.login_id)


async def test_anothers_event_does_not_exist(house: Service) -> None:
    maria, joao = await add_customer(house.platform), await add_customer(house.platform)
    event = (await say(house, maria, YES)).json()
    for path in (f"{OWN}/{event['id']}", f"{OWN}/{event['id']}/receipt"):
        answer = await house.client.get(path, headers=joao.headers)
        assert code(answer) == (404, "not_found")


async def test_the_same_request_twice_is_one_event(house: Service) -> None:
    maria = await add_customer(house.platform)
    key = {"Idempotency-Key": "consent-0001"}
    first, second = await say(house, maria, YES, **key), await say(house, maria, YES, **key)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert (await say(house, maria, NO, **key)).status_code == 422
    said = select(ConsentEvent).where(ConsentEvent.subject_id == maria.id)
    assert len(await rows(house.platform, said)) == 1


async def test_many_at_once_have_one_order(house: Service) -> None:
    maria = await add_customer(house.platform)
    answers = await asyncio.gather(
        *(say(house, maria, YES if place % 2 else NO) for place in range(16))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["sequence"] for answer in answers) == list(range(1, 17))
    async with house.platform.database.transaction() as connection:
        assert await consent_states.faults(connection) == []
    last = max((answer.json() for answer in answers), key=lambda event: event["sequence"])
    assert (await standing(house, maria))["marketing"]["id"] == last["id"]


async def test_what_was_said_on_the_telephone_is_never_silent(house: Service) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    answer = await take(house, support, maria.id, YES | CALL)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["channel"]) == ("granted", "phone")
    [letter] = await letters_to(house.platform, maria.email, "consent_recorded")
    assert letter.params["call_reference"] == "2026-11-24/0042"
    assert letter.params["purpose_title"] == "Sugerir soluções para você"
    event = await house.client.get(f"{OWN}/{answer.json()['id']}", headers=maria.headers)
    told = event.json()
    assert (told["actor_kind"], told["role"], told["evidence"]) == ("staff", "support", CALL)
    assert (told["actor_id"], told["session_id"]) == (None, None)  # the agency's matter
    assert told["network"] is None  # the attendant's would say nothing of the customer
    # The customer says otherwise from their own place, in one call.
    assert (await say(house, maria, NO)).json()["state"] == "withdrawn"
    log = await house.client.get("/v1/customer/access-log", headers=maria.headers)
    assert "staff:consent:record" in {entry["action"] for entry in log.json()["items"]}


async def test_who_may_not_take_a_consent(house: Service) -> None:
    maria = await add_customer(house.platform)
    for role in ("systems_engineer", "billing", "production", "marketing"):
        staff = await add_staff(house.platform, role)
        answer = await take(house, staff, maria.id, YES | CALL)
        assert code(answer) == (403, "forbidden")
    director = await add_staff(house.platform, "director")
    for body in (
        YES,
        YES | {"call_reference": " "},
        YES | {"call_reference": "minha-senha-é-Casa-77!"},
    ):
        assert (await take(house, director, maria.id, body)).status_code == 422
    support = await add_staff(house.platform, "support")
    await change_columns(
        house.platform, maria.id, status="closed", closed_at=house.platform.clock()
    )
    assert (await take(house, support, maria.id, YES | CALL)).status_code == 404
    said = select(ConsentEvent).where(ConsentEvent.subject_id == maria.id)
    assert await rows(house.platform, said) == []


async def test_who_sees_a_part_is_told_nothing_of_the_rest(house: Service) -> None:
    maria = await add_customer(house.platform, marketing=True)
    await say(house, maria, {"purpose": "analytics", "granted": True, "version": 1})
    path = f"/v1/staff/customers/{maria.id}/consents"
    for role, told in (
        ("marketing", {"marketing": "granted"}),
        ("support", {"marketing": "granted", "analytics": "granted"}),
    ):
        staff = await add_staff(house.platform, role)
        answer = await house.client.get(path, headers=staff.headers)
        assert {one["purpose"]: one["state"] for one in answer.json()["items"]} == told


async def test_each_look_is_on_record(house: Service) -> None:
    maria = await add_customer(house.platform, marketing=True)
    officer = await add_staff(house.platform, "privacy_officer")
    path = f"/v1/staff/customers/{maria.id}/consents"
    assert (await house.client.get(path, headers=officer.headers)).status_code == 200
    history = await house.client.get(f"{path}/history", headers=officer.headers)
    [event] = history.json()["items"]
    receipt = f"/v1/staff/consents/{event['id']}/receipt"
    assert (await house.client.get(receipt, headers=officer.headers)).status_code == 200
    seen = await events(house.platform, actor_id=officer.id)
    assert [row.action for row in seen] == [
        "staff:consent:read",
        "staff:consent:list",
        "staff:consent:list",
    ]
    log = await house.client.get("/v1/customer/access-log", headers=maria.headers)
    assert len([entry for entry in log.json()["items"] if "consent" in entry["action"]]) == 3


async def test_whose_role_sees_no_event_gets_no_receipt(house: Service) -> None:
    maria = await add_customer(house.platform)
    event = (await say(house, maria, YES)).json()
    path = f"/v1/staff/consents/{event['id']}/receipt"
    for role in STAFF_ROLES:
        staff = await add_staff(house.platform, role)
        answer = await house.client.get(path, headers=staff.headers)
        sighted = role in ("director", "systems_engineer", "privacy_officer")
        assert answer.status_code == (200 if sighted else 403), role


async def test_a_closed_account_says_no_but_no_new_yes(house: Service) -> None:
    closed = await add_customer(house.platform, marketing=True)
    now = house.clock()
    await change_columns(house.platform, closed.id, status="closed", closed_at=now)
    director = await add_staff(house.platform, "director")
    for body in (YES, YES | {"purpose": "analytics"}):
        assert code(await say(house, closed, body)) == (409, "account_closed")
        key = {"Idempotency-Key": f"encerrada-{body['purpose']}"}
        assert code(await say(house, closed, body, **key)) == (409, "account_closed")
        told = await take(house, director, closed.id, body | CALL)
        assert code(told) == (409, "account_closed")
    answer = await say(house, closed, NO)
    assert (answer.status_code, answer.json()["state"]) == (201, "withdrawn")
    answer = await say(house, closed, NO | {"purpose": "analytics"})
    assert (answer.status_code, answer.json()["state"]) == (201, "denied")
    said = select(ConsentEvent.state).where(ConsentEvent.subject_id == closed.id)
    found = await rows(house.platform, said.order_by(ConsentEvent.sequence))
    assert [row.state for row in found] == ["granted", "withdrawn", "denied"]
