"""What has changed in a registration, over HTTP: by whom, before and after, told as far as due."""

import random
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.models import CustomerChange, Login
from tests.support.letters import letters_to, token_to
from tests.support.people import (
    CustomerPerson,
    MemberPerson,
    StaffPerson,
    add_customer,
    add_member,
    add_staff,
    cpf,
)
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILE = "/v1/customer/profile"
OWN = "/v1/customer/profile/history"


async def patch(
    house: Service, headers: dict[str, str], path: str = PROFILE, tag: str = "*", **body: Any
) -> httpx.Response:
    return await house.client.patch(path, json=body, headers={**headers, "If-Match": tag})


async def history(
    house: Service, headers: dict[str, str], path: str = OWN, **parameters: str
) -> list[dict[str, Any]]:
    answer = await house.client.get(path, headers=headers, params={"limit": 200, **parameters})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def told(items: list[dict[str, Any]]) -> list[tuple[str, Any, Any]]:
    """Oldest first: field, before, after."""
    return [(item["field"], item["old_value"], item["new_value"]) for item in reversed(items)]


async def test_everything_of_p1_is_edited_and_told_field_by_field(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await patch(
        house,
        maria.headers,
        name="Maria Nova",
        phone="(21) 99876-5432",
        tax_id=cpf(4321),
        address={"number": "77", "complement": None},
        preferences={"contact_channel": "email"},
    )
    assert answer.status_code == 200, answer.text
    items = await history(house, maria.headers)
    row = maria.row
    assert told(items) == [
        ("address.complement", row["complement"], None),
        ("address.number", row["number"], "77"),
        ("name", row["name"], "Maria Nova"),
        ("phone", row["phone"], "+5521998765432"),
        (
            "preferences",
            {"language": "pt-BR"},
            {"language": "pt-BR", "contact_channel": "email"},
        ),
        ("tax_id", row["tax_id"], cpf(4321)),
    ]
    assert {item["session_id"] for item in items} == {str(maria.session_id)}
    assert {item["actor_name"] for item in items} == {row["name"]}
    assert len({item["at"] for item in items}) == 1


async def test_an_address_that_is_cleared_is_told_member_by_member(house: Service) -> None:
    maria = await add_customer(house.platform)
    await patch(house, maria.headers, address=None)
    items = await history(house, maria.headers)
    assert {item["field"] for item in items} == {
        f"address.{part}"
        for part in (
            *("street", "number", "complement", "district", "city", "state", "postal_code"),
        )
    }
    assert {item["new_value"] for item in items} == {None}


async def test_what_is_refused_or_the_same_leaves_no_trace(house: Service) -> None:
    maria = await add_customer(house.platform)
    shown = (await house.client.get(PROFILE, headers=maria.headers)).json()
    refused = [
        await patch(house, maria.headers, tag='"stale"', name="Outra"),
        await patch(house, maria.headers, status="closed"),
        await patch(house, maria.headers, phone="123"),
        await patch(house, maria.headers, name="Outra", address={"city": None}),
        await house.client.patch(PROFILE, json={"name": "Outra"}, headers=maria.headers),
    ]
    assert [answer.status_code for answer in refused] == [412, 422, 422, 422, 428]
    same = {name: shown[name] for name in ("name", "email", "phone", "tax_id", "address")}
    assert (await patch(house, maria.headers, **same)).status_code == 200
    assert await history(house, maria.headers) == []


async def test_each_members_deed_bears_their_own_name(house: Service) -> None:
    maria = await add_customer(house.platform)
    ana = await add_member(house.platform, maria.id, "profile")
    bia = await add_member(house.platform, maria.id, "profile", "invoices")
    people: list[CustomerPerson | MemberPerson] = [ana, bia, maria]
    for number, person in enumerate(people):
        answer = await patch(house, person.headers, address={"number": str(900 + number)})
        assert answer.status_code == 200, answer.text
    for person in people:
        items = await history(house, person.headers)
        assert [item["actor_name"] for item in items] == [maria.row["name"], bia.name, ana.name]
        assert [item["session_id"] for item in items] == [
            str(each.session_id) for each in (maria, bia, ana)
        ]
        assert {item["role"] for item in items} == {"self"}


@pytest.mark.parametrize("permission", ["invoices", "support", "backups", "consents", "members"])
async def test_a_member_without_the_profile_neither_reads_nor_writes_it(
    house: Service, permission: str
) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, permission)
    for answer in (
        await patch(house, member.headers, phone=None),
        await house.client.get(OWN, headers=member.headers),
        await house.client.get(PROFILE, headers=member.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await history(house, maria.headers) == []


async def test_staff_are_told_to_the_customer_by_their_role_alone(
    house: Service, director: StaffPerson
) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    path = f"/v1/staff/customers/{maria.id}"
    await patch(house, support.headers, path, phone=None, attention_note="Difícil ao telefone")
    await patch(house, director.headers, path, status="suspended")
    mine = await house.client.get(OWN, headers=maria.headers)
    by_director, by_support = mine.json()["items"]
    assert (by_support["field"], by_support["role"]) == ("phone", "support")
    assert (by_director["field"], by_director["role"]) == ("status", "director")
    for item in (by_director, by_support):
        assert (item["actor_kind"], item["actor_name"], item["session_id"]) == ("staff", None, None)
    for hidden in (support.id, support.session_id, director.id, "Difícil", "attention_note"):
        assert str(hidden) not in mine.text
    theirs = await history(house, director.headers, f"{path}/history")
    assert told(theirs)[0] == ("attention_note", maria.row["attention_note"], "Difícil ao telefone")
    assert theirs[-1]["actor_id"] == str(support.id)
    assert theirs[-1]["session_id"] == str(support.session_id)


async def test_reading_the_history_is_told_to_the_customer(house: Service) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    await patch(house, maria.headers, phone=None)
    await history(house, support.headers, f"/v1/staff/customers/{maria.id}/history")
    log = await house.client.get("/v1/customer/access-log", headers=maria.headers)
    assert log.json()["items"][0]["action"] == "staff:customer_change:list"
    [read] = await events(house.platform, action="staff:customer_change:list", subject_id=maria.id)
    assert (read.rows, read.outcome) == (1, "allowed")


async def test_it_can_be_narrowed_to_a_field_and_a_time(house: Service) -> None:
    maria = await add_customer(house.platform)
    for number in ("1", "2"):
        await patch(house, maria.headers, address={"number": number}, name=f"Maria {number}")
    numbers = await history(house, maria.headers, field="address.number")
    assert [item["new_value"] for item in numbers] == ["2", "1"]
    assert await history(house, maria.headers, field="attention_note") == []
    assert await history(house, maria.headers, until="2020-01-01T00:00:00Z") == []
    since = numbers[0]["at"]
    assert len(await history(house, maria.headers, since=since)) >= 2
    refused = await house.client.get(OWN, headers=maria.headers, params={"old_value": "1"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_parameter")


@pytest.mark.parametrize("customer", ["x", "01a19467-e800-7e96-9097-3b43b5d82b45"])
async def test_there_is_no_history_of_nobody(
    house: Service, director: StaffPerson, customer: str
) -> None:
    answer = await house.client.get(
        f"/v1/staff/customers/{customer}/history", headers=director.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_preferred_language_is_the_one_that_mails_are_in(house: Service) -> None:
    maria = await add_customer(house.platform)
    await patch(house, maria.headers, preferences={"language": "en"})
    await house.client.post("/v1/customer/email-verification", headers=maria.headers)
    assert (await letters_to(house.platform, maria.email))[-1].language == "en"
    support = await add_staff(house.platform, "director")
    path = f"/v1/staff/customers/{maria.id}"
    await patch(house, support.headers, path, preferences={"language": "pt-BR"})
    await patch(house, maria.headers, preferences={"contact_channel": "phone"})
    await patch(house, maria.headers, preferences=None)
    [login] = await rows(house.platform, select(Login).where(Login.id == maria.login_id))
    assert login.language == "en"  # which staff may not choose for somebody


CHANGES: list[dict[str, Any]] = [
    {"name": "Maria da Silva"},
    {"name": "Maria Müller", "phone": None},
    {"phone": "(11) 91234-5678"},
    {"tax_id": None},
    {"tax_id": cpf(77)},
    {"address": None},
    {"address": {"complement": None}},
    {"address": {"number": "12", "city": "Niterói", "state": "RJ"}},
    {
        "address": {
            **{"street": "Rua A", "number": "1", "district": "Centro", "city": "Campinas"},
            **{"state": "SP", "postal_code": "13010000"},
        }
    },
    {"preferences": {"language": "en"}},
    {"preferences": {"language": None, "contact_channel": "phone"}},
    {"preferences": None},
    {"attention_note": "Uma nota"},
    {"attention_note": None},
    {"status": "suspended"},
    {"status": "active"},
    {"email": "wish"},
    {"email": "stands"},
]


@pytest.mark.parametrize("seed", range(6))
async def test_played_again_the_history_leads_to_what_stands(
    house: Service, director: StaffPerson, seed: int
) -> None:
    """Whatever is done by whomever: no change of the record is missing, none was made up."""
    dice = random.Random(seed)
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "profile")
    path = f"/v1/staff/customers/{maria.id}"
    before = flat((await house.client.get(path, headers=director.headers)).json())
    callers = [(maria.headers, PROFILE), (member.headers, PROFILE), (director.headers, path)]
    for number in range(40):
        body = dict(dice.choice(CHANGES))
        headers, where = dice.choice(callers)
        if body.get("email") == "wish":
            body["email"] = f"desejo-{seed}-{number}-{dice.randrange(3)}@exemplo.com.br"
        elif "email" in body:
            stands = await house.client.get(path, headers=director.headers)
            body["email"] = stands.json()["email"]
        answer = await patch(house, headers, where, **body)
        assert answer.status_code in (200, 422), answer.text
        pending = answer.json().get("pending_email")
        if pending is not None and dice.random() < 0.5:
            token = await token_to(house.platform, pending, "email_change_confirm")
            link = await house.client.post(
                "/v1/public/email-changes/confirm", json={"token": token}
            )
            assert link.status_code == 204, link.text
    after = flat((await house.client.get(path, headers=director.headers)).json())
    played = dict(before)
    steps = select(CustomerChange).where(CustomerChange.customer_id == maria.id)
    for step in await rows(house.platform, steps.order_by(CustomerChange.id)):
        assert played[step.field] == step.old_value, step.field
        assert step.new_value != step.old_value
        played[step.field] = step.new_value
    assert played == after


def flat(record: dict[str, Any]) -> dict[str, Any]:
    address = {f"address.{name}": value for name, value in record["address"].items()}
    return {name: value for name, value in record.items() if name != "address"} | address
