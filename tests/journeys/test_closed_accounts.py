"""An account that is closed has no yes left, and gets none of them back when it opens again."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from app.access.processing import ANALYTICS, MARKETING, THIRD_PARTY_SHARING
from app.models import ConsentEvent, Customer
from app.services import consent_ledger, consent_states, consents, outbox
from app.services.outbox import Message, Reliance
from app.services.standing_consents import standing
from tests.journeys.test_analytics_joins import agreeing, of_account, visited
from tests.support import parties
from tests.support.letters import letters_to
from tests.support.people import (
    StaffPerson,
    add_customer,
    add_staff,
    change_columns,
    say_consent,
)
from tests.support.records import rows
from tests.support.service import Service
from tests.support.turns import until_it_waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

YES = {"purpose": MARKETING, "granted": True, "version": 1}


async def put(house: Service, who: StaffPerson, customer_id: UUID, status: str) -> httpx.Response:
    return await house.client.patch(
        f"/v1/staff/customers/{customer_id}",
        json={"status": status},
        headers={**who.headers, "If-Match": "*"},
    )


async def ledger_of(house: Service, customer_id: UUID) -> list[Any]:
    mine = select(ConsentEvent).where(ConsentEvent.subject_id == customer_id)
    return await rows(house.platform, mine.order_by(ConsentEvent.sequence))


async def faults(house: Service) -> list[str]:
    async with house.platform.database.snapshot() as connection:
        return await consent_states.faults(connection)


async def test_closing_ends_each_yes_and_opening_again_brings_none_back(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    maria = await add_customer(house.platform, marketing=True)
    await say_consent(house.platform, maria.id, granted=False, purpose=ANALYTICS)
    before = house.clock()
    assert await consents.allows(house.platform, maria.id, MARKETING)
    assert (await put(house, director, maria.id, "closed")).status_code == 200
    given, no, ended = await ledger_of(house, maria.id)
    assert [given.state, no.state, ended.state] == ["granted", "denied", "expired"]
    assert (ended.sequence, ended.actor_id, ended.role) == (3, director.id, "director")
    assert (ended.purpose_version, ended.purpose_hash) == (1, given.purpose_hash)
    closed_at = ended.at
    assert ended.evidence == {
        "granted_by": str(given.id),
        "account_closed": closed_at.isoformat(),
    }
    while_closed = house.clock()
    assert (await put(house, director, maria.id, "closed")).status_code == 200
    assert (await put(house, director, maria.id, "active")).status_code == 200
    assert len(await ledger_of(house, maria.id)) == 3
    assert not await consents.allows(house.platform, maria.id, MARKETING)
    assert await standing(house.platform, maria.id) == frozenset()
    for at, allowed in ((before, True), (closed_at, False), (while_closed, False)):
        asked = consents.allows(house.platform, maria.id, MARKETING, at=at)
        assert await asked is allowed
    listed = await house.client.get("/v1/customer/consents", headers=maria.headers)
    states = {item["purpose"]: item["state"] for item in listed.json()["items"]}
    assert (states[MARKETING], states[ANALYTICS]) == ("expired", "denied")
    again = await parties.said(house, maria, YES)
    assert (again["state"], again["sequence"]) == ("granted", 4)
    assert await consents.allows(house.platform, maria.id, MARKETING)
    assert await faults(house) == []


async def test_what_was_begun_by_a_yes_ends_with_the_account(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    officer = await parties.present(house, "privacy_officer")
    maria, party = await agreeing(house), await parties.registered(house, officer)
    browser = await visited(house, "/", "/planos")
    assert (await browser.sign_in(maria.email)).status_code == 200
    assert await of_account(house, maria) == 2
    address = f"dados-{party.hex}@parceiro.exemplo.pt"
    await parties.patch(house, officer, party, contact_email=address)
    await parties.said(house, maria, parties.yes(house, party))
    assert (await parties.disclose(house, officer, maria.id, party)).status_code == 201
    await parties.settle_all(house)
    assert (await parties.disclose(house, officer, maria.id, party)).status_code == 201
    assert (await put(house, director, maria.id, "closed")).status_code == 200
    assert await of_account(house, maria) == 0
    left, waited = await letters_to(house.platform, address, "disclosure")
    assert (left.row.state, waited.row.state) == ("sent", "suppressed")
    [told] = await letters_to(house.platform, address, "consent_withdrawn_recipient")
    assert told.params["expired"] is True
    assert (await put(house, director, maria.id, "suspended")).status_code == 200
    refused = await parties.disclose(house, officer, maria.id, party)
    assert refused.json()["code"] == "consent_missing"
    ended = [row for row in await ledger_of(house, maria.id) if row.state == "expired"]
    assert {row.purpose for row in ended} == {ANALYTICS, THIRD_PARTY_SHARING}
    assert await faults(house) == []


async def test_a_yes_that_came_with_a_closed_account_does_not_count_as_it_opens(
    house: Service,
) -> None:
    director = await add_staff(house.platform, "director")
    maria = await add_customer(house.platform, marketing=True)  # closed before, as imports are
    await change_columns(house.platform, maria.id, status="closed", closed_at=house.clock())
    assert (await put(house, director, maria.id, "active")).status_code == 200
    given, ended = await ledger_of(house, maria.id)
    assert (given.state, ended.state) == ("granted", "expired")
    assert set(ended.evidence) == {"granted_by", "account_reopened"}
    assert not await consents.allows(house.platform, maria.id, MARKETING)


async def test_other_changes_of_the_status_leave_each_yes(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    maria = await add_customer(house.platform, marketing=True)
    for status in ("suspended", "active"):
        assert (await put(house, director, maria.id, status)).status_code == 200
    assert [event.state for event in await ledger_of(house, maria.id)] == ["granted"]


@pytest.mark.parametrize("spoke_before", [True, False])
async def test_a_yes_said_while_the_account_is_being_closed_is_refused(
    house: Service, spoke_before: bool
) -> None:
    maria = await add_customer(house.platform, marketing=False if spoke_before else None)
    async with house.platform.database.transaction() as connection:
        await consent_ledger.hold(house.platform, connection, maria.id)
        saying = asyncio.create_task(parties.say(house, maria, YES))
        await until_it_waits(house.platform, saying)
        closed = {"status": "closed", "closed_at": house.clock()}
        mine = update(Customer).where(Customer.id == maria.id)
        await connection.execute(mine.values(**closed))  # as `customers.change` does
    answer = await saying
    assert (answer.status_code, answer.json()["code"]) == (409, "account_closed")
    states = [event.state for event in await ledger_of(house, maria.id)]
    assert states == (["denied"] if spoke_before else [])
    no = await parties.said(house, maria, {"purpose": MARKETING, "granted": False})
    assert no["sequence"] == len(states) + 1
    assert await faults(house) == []


async def test_who_closes_waits_for_who_says_something_and_not_in_a_circle(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    maria = await add_customer(house.platform, marketing=True)
    async with house.platform.database.transaction() as connection:
        await consent_ledger.lock(connection, maria.id)
        closing = asyncio.create_task(put(house, director, maria.id, "closed"))
        await until_it_waits(house.platform, closing)
        mail = Message(
            "policy_withdrawn",
            maria.email,
            "pt-BR",
            params={"version": 1, "published_at": house.clock(), "policies_link": "x"},
            customer_id=maria.id,  # the account is asked for: who closes must not hold it yet
            relies_on=Reliance(MARKETING),
        )
        await outbox.queue(house.platform, connection, mail)
    assert (await closing).status_code == 200
    [letter] = await letters_to(house.platform, maria.email, "policy_withdrawn")
    assert letter.row.state == "suppressed"
