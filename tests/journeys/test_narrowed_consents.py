"""A yes to a third party that goes less far than the one before takes the difference back."""

from uuid import UUID

import pytest
import pytest_asyncio

from app.services import outbox_leases
from tests.support.letters import Letter, letters_to
from tests.support.parties import (
    disclose,
    patch,
    present,
    registered,
    said,
    settle_all,
    yes,
)
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME, EMAIL, PHONE = "customer.name", "customer.email", "customer.phone"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await present(house, "privacy_officer")


class Shared:
    """A customer, and a third party of their own that they let have three fields for a month."""

    def __init__(
        self, house: Service, officer: StaffPerson, maria: CustomerPerson, party: UUID
    ) -> None:
        self.house, self.officer, self.maria, self.party = house, officer, maria, party
        self.address = f"dados-{party.hex}@parceiro.exemplo.pt"

    async def letters(self, template: str) -> list[Letter]:
        return await letters_to(self.house.platform, self.address, template)

    async def told(self) -> list[Letter]:
        return await self.letters("consent_narrowed_recipient")

    async def say_yes(self, *fields: str, days: float = 30) -> str:
        body = yes(self.house, self.party, *fields, days=days)
        await said(self.house, self.maria, body)
        return str(body["expires_at"])

    async def disclosed(self, *fields: str) -> None:
        """The third party got these fields."""
        await self.ordered(*fields)
        await settle_all(self.house)

    async def ordered(self, *fields: str) -> None:
        answer = await disclose(self.house, self.officer, self.maria.id, self.party, *fields)
        assert answer.status_code == 201, answer.text


@pytest_asyncio.fixture(loop_scope="module")
async def shared(house: Service, officer: StaffPerson) -> Shared:
    await settle_all(house)
    maria, party = await add_customer(house.platform), await registered(house, officer)
    made = Shared(house, officer, maria, party)
    await patch(house, officer, party, contact_email=made.address)
    await made.say_yes(NAME, EMAIL, PHONE)
    return made


async def test_who_got_a_field_is_told_that_it_may_not_keep_it(shared: Shared) -> None:
    await shared.disclosed(NAME, EMAIL)
    await shared.say_yes(NAME)
    [letter] = await shared.told()
    assert letter.params["fields"] == [EMAIL], "the phone it never got"
    assert letter.params["ends_at"] is None
    [disclosure] = await shared.letters("disclosure")
    assert letter.params["reference"] == disclosure.params["reference"]
    assert str(shared.maria.row["email"]) not in repr(letter.params)
    assert letter.row.customer_id == shared.maria.id
    await shared.say_yes(NAME)
    assert len(await shared.told()) == 1, "the same once more takes back nothing more"


async def test_who_got_nothing_of_it_hears_nothing(shared: Shared) -> None:
    await shared.disclosed(NAME)
    await shared.say_yes(NAME, EMAIL)
    assert await shared.told() == []


async def test_a_yes_that_goes_further_tells_nobody(shared: Shared) -> None:
    await shared.disclosed(NAME, EMAIL)
    await shared.say_yes(NAME, EMAIL, PHONE, "customer.kind", days=60)
    assert await shared.told() == []


async def test_a_sooner_end_is_told(shared: Shared) -> None:
    await shared.disclosed(NAME)
    until = await shared.say_yes(NAME, EMAIL, PHONE, days=3)
    [letter] = await shared.told()
    assert letter.params["fields"] == []
    assert letter.params["ends_at"] == until
    mail = shared.house.platform.mail_templates.render(letter.template, "en", letter.params)
    assert "The consent now ends on" in mail.text
    assert "no longer allow" not in mail.text


async def test_a_sooner_end_tells_nobody_who_got_nothing(shared: Shared) -> None:
    await shared.say_yes(NAME, EMAIL, PHONE, days=3)
    assert await shared.told() == []


async def test_what_waits_with_a_field_too_many_is_held_back(shared: Shared) -> None:
    await shared.ordered(NAME, EMAIL)
    await shared.ordered(NAME)
    await shared.say_yes(NAME, PHONE)
    wider, fitting = await shared.letters("disclosure")
    assert (wider.row.state, wider.row.reason) == ("suppressed", "consent_withdrawn")
    assert wider.row.sealed is None
    assert fitting.row.state == "queued"
    assert await shared.told() == [], "nothing had left"


async def test_names_that_begin_alike_are_not_the_same_field(shared: Shared) -> None:
    await shared.say_yes("customer.address.state", "customer.status", "customer.kind")
    await shared.ordered("customer.address.state")
    await shared.say_yes("customer.address.state", "customer.kind")
    [letter] = await shared.letters("disclosure")
    assert letter.row.state == "queued"


async def test_what_is_being_sent_may_have_arrived(shared: Shared) -> None:
    await shared.ordered(NAME, EMAIL)
    assert len(await outbox_leases.claim(shared.house.platform, 100)) == 1
    await shared.say_yes(NAME)
    [letter] = await shared.told()
    assert letter.params["fields"] == [EMAIL]


async def test_a_narrowing_on_the_telephone_is_told_too(shared: Shared) -> None:
    await shared.disclosed(NAME, EMAIL)
    support = await add_staff(shared.house.platform, "support")
    call = yes(shared.house, shared.party, NAME) | {"call_reference": "2026/78"}
    path = f"/v1/staff/customers/{shared.maria.id}/consents"
    answer = await shared.house.client.post(path, json=call, headers=support.headers)
    assert answer.status_code == 201, answer.text
    [letter] = await shared.told()
    assert letter.params["fields"] == [EMAIL]


async def test_a_narrowing_that_is_refused_changes_nothing(shared: Shared) -> None:
    await shared.disclosed(NAME, EMAIL)
    await shared.ordered(NAME, EMAIL)
    body = yes(shared.house, shared.party, NAME) | {"version": 9}
    answer = await shared.house.client.post(
        "/v1/customer/consents", json=body, headers=shared.maria.headers
    )
    assert code(answer) == (409, "purpose_version_not_current")
    assert await shared.told() == []
    assert (await shared.letters("disclosure"))[-1].row.state == "queued"
