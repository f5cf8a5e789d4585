"""A yes for a third party: to whom, which fields, until when; and what ends it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.access.processing import (
    ASKED_FOR_RECIPIENTS,
    ASKED_OF_ACCOUNTS,
    ASKED_OF_VISITORS,
    THIRD_PARTY_SHARING,
)
from app.core.ids import new_id
from app.models import ConsentEvent
from app.services import consent_expiry, consent_states, consents, derived_data
from tests.support.letters import letters_to
from tests.support.parties import no, patch, present, registered, said, say, yes
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.records import rows
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMAIL = ("customer.email",)
MARKETING = {"purpose": "marketing", "fields": None, "expires_at": None}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await present(house, "privacy_officer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def party(house: Service, officer: StaffPerson) -> UUID:
    return await registered(house, officer)


async def allows(
    house: Service, who: CustomerPerson, party: UUID | None, *fields: str, **more: Any
) -> bool:
    return await consents.allows(
        house.platform, who.id, THIRD_PARTY_SHARING, recipient_id=party, fields=fields, **more
    )


async def test_a_yes_is_for_one_third_party_and_these_fields(
    house: Service, officer: StaffPerson, party: UUID
) -> None:
    maria, other = await add_customer(house.platform), await registered(house, officer)
    event = await said(house, maria, yes(house, party, "customer.name", "customer.email"))
    assert (event["recipient_id"], event["state"]) == (str(party), "granted")
    assert event["fields"] == ["customer.name", "customer.email"]
    assert event["expires_at"] is not None
    assert await allows(house, maria, party, *EMAIL)
    assert not await allows(house, maria, party, "customer.email", "customer.phone")
    assert not await allows(house, maria, party, "customer.preferences")
    assert not await allows(house, maria, other, *EMAIL)
    assert not await allows(house, maria, None, *EMAIL)
    # Fewer fields from now on; each third party by itself.
    await said(house, maria, yes(house, party, "customer.name"))
    await said(house, maria, yes(house, other))
    assert not await allows(house, maria, party, *EMAIL)
    assert await allows(house, maria, other, *EMAIL)
    ended = await said(house, maria, no(party))
    assert (ended["state"], ended["fields"], ended["expires_at"]) == ("withdrawn", None, None)
    assert not await allows(house, maria, party)
    assert await allows(house, maria, other, *EMAIL)
    before = house.clock() - timedelta(seconds=0.001)
    assert await allows(house, maria, other, *EMAIL, at=before)


@pytest.mark.parametrize(
    ("members", "pointer", "why"),
    [
        ({"recipient_id": None}, "/recipient_id", "recipient_missing"),
        ({"fields": None}, "/fields", "recipient_missing"),
        ({"expires_at": None}, "/expires_at", "recipient_missing"),
        ({"fields": []}, "/fields", "list_too_short"),
        ({"fields": ["customer.email"] * 2}, "/fields", "duplicate_item"),
        ({"fields": ["customer.preferences"]}, "/fields/0", "beyond_purpose"),
        ({"fields": ["customer.email\u0000"]}, "/fields/0", "beyond_purpose"),
        ({"recipient_id": str(new_id())}, "/recipient_id", "unknown_recipient"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "date_not_future"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "/expires_at", "date_too_far"),
        ({"granted": False, "expires_at": None}, "/fields", "not_for_this"),
        (MARKETING, "/recipient_id", "not_for_this"),
    ],
)
async def test_what_is_not_whole_is_sent_back(
    house: Service, party: UUID, members: dict[str, Any], pointer: str, why: str
) -> None:
    maria = await add_customer(house.platform)
    answer = await say(house, maria, yes(house, party) | members)
    assert answer.status_code == 422, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, why)]
    said_ = select(ConsentEvent.id).where(ConsentEvent.subject_id == maria.id)
    assert await rows(house.platform, said_) == []


async def test_what_was_said_on_the_telephone_names_the_third_party(
    house: Service, officer: StaffPerson
) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    party = await registered(house, officer, name="Transportes Silva")
    call = yes(house, party) | {"call_reference": "2026/77"}
    path = f"/v1/staff/customers/{maria.id}/consents"
    answer = await house.client.post(path, json=call, headers=support.headers)
    assert answer.status_code == 201, answer.text
    [letter] = await letters_to(house.platform, maria.email, "consent_recorded")
    assert letter.params["purpose_title"] == "Passar dados a um terceiro: Transportes Silva"
    assert await allows(house, maria, party, *EMAIL)


async def test_nobody_says_yes_to_a_retired_one_and_everybody_may_say_no(
    house: Service, officer: StaffPerson
) -> None:
    maria, party = await add_customer(house.platform), await registered(house, officer)
    await said(house, maria, yes(house, party))
    assert (await patch(house, officer, party, status="retired")).status_code == 200
    assert not await allows(house, maria, party, *EMAIL)
    answer = await say(house, maria, yes(house, party))
    assert code(answer) == (422, "validation_failed")
    assert (await said(house, maria, no(party)))["state"] == "withdrawn"


async def test_who_it_is_stays_while_somebody_consents_to_it(
    house: Service, officer: StaffPerson
) -> None:
    maria, party = await add_customer(house.platform), await registered(house, officer)
    await said(house, maria, yes(house, party))
    for body in ({"name": "Outro Nome"}, {"country": "US"}, {"tax_id": "X1"}):
        assert code(await patch(house, officer, party, **body)) == (409, "recipient_consented")
    kept = await patch(house, officer, party, contact_email="novo@parceiro.exemplo.pt")
    assert kept.status_code == 200
    await said(house, maria, no(party))
    assert (await patch(house, officer, party, name="Outro Nome")).status_code == 200


async def test_a_time_that_has_passed_is_written_down_once(
    house: Service, party: UUID, later: Callable[..., None]
) -> None:
    maria, ana = await add_customer(house.platform), await add_customer(house.platform)
    given = await said(house, maria, yes(house, party, days=1))
    await said(house, ana, yes(house, party, days=1))
    await said(house, ana, yes(house, party, days=9))
    assert await consent_expiry.work(house.platform) == 0
    later(days=1, seconds=1)
    assert not await allows(house, maria, party, *EMAIL)
    written = await asyncio.gather(*(consent_expiry.work(house.platform) for _ in range(3)))
    assert sum(written) == 1
    assert await consent_expiry.work(house.platform) == 0
    last = select(ConsentEvent).where(ConsentEvent.subject_id == maria.id)
    *_, event = await rows(house.platform, last.order_by(ConsentEvent.sequence))
    assert (event.state, event.sequence, event.actor_kind) == ("expired", 2, "system")
    assert event.evidence["granted_by"] == given["id"]
    assert event.purpose_hash == given["purpose_hash"]
    assert event.fields == ("customer.name", "customer.email")
    assert await allows(house, ana, party, *EMAIL)
    async with house.platform.database.snapshot() as connection:
        assert await consent_states.faults(connection) == []
    later(days=0)
    again = await said(house, maria, yes(house, party))
    assert (again["sequence"], again["state"]) == (3, "granted")


async def test_every_purpose_that_is_asked_says_what_is_derived_for_it() -> None:
    assert set(derived_data.ERASERS) == ASKED_OF_ACCOUNTS | ASKED_OF_VISITORS | ASKED_FOR_RECIPIENTS
