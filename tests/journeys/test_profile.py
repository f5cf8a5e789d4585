"""Customers keep their own registration, and see who looked at it."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.people import CustomerPerson, add_customer, add_staff, cpf
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/customer/profile"


async def read(house: Service, maria: CustomerPerson) -> httpx.Response:
    return await house.client.get(PATH, headers=maria.headers)


async def change(house: Service, maria: CustomerPerson, tag: str, **body: Any) -> httpx.Response:
    return await house.client.patch(PATH, json=body, headers=maria.headers | {"If-Match": tag})


async def test_everything_but_the_notes_about_them_is_shown(house: Service) -> None:
    maria = await add_customer(house.platform, attention_note="Cliente difícil")
    answer = await read(house, maria)
    assert answer.status_code == 200
    assert set(answer.json()) == {
        *("id", "kind", "status", "name", "email", "phone", "tax_id", "address"),
        *("preferences", "created_at", "last_login_at", "pending_email"),
    }
    assert "difícil" not in answer.text
    assert answer.headers["etag"].startswith('"')


async def test_a_change_starts_from_what_was_read(house: Service) -> None:
    maria = await add_customer(house.platform)
    tag = (await read(house, maria)).headers["etag"]
    missing = await house.client.patch(PATH, json={"phone": None}, headers=maria.headers)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    stale = await change(house, maria, '"another"', phone=None)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    weak = await change(house, maria, f"W/{tag}", phone=None)
    assert weak.status_code == 412
    changed = await change(house, maria, f'"another", {tag}', phone=None)
    assert (changed.status_code, changed.json()["phone"]) == (200, None)
    assert changed.headers["etag"] == (await read(house, maria)).headers["etag"] != tag
    again = await change(house, maria, tag, phone=None)
    assert again.status_code == 412
    assert (await change(house, maria, "*", phone="(11) 3333-4444")).status_code == 200


async def test_of_two_who_change_the_same_reading_one_is_told(house: Service) -> None:
    maria = await add_customer(house.platform)
    tag = (await read(house, maria)).headers["etag"]
    answers = await asyncio.gather(
        *(change(house, maria, tag, address={"number": str(number)}) for number in (1, 2, 3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_values_are_normalised_merged_and_cleared(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await change(
        house,
        maria,
        "*",
        name="  João   Müller ",
        phone="(21) 99876-5432",
        tax_id=None,
        address={"city": "Niterói", "state": "RJ", "complement": None},
        preferences={"contact_channel": "email", "language": None},
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["name"], found["phone"]) == ("João Müller", "+5521998765432")
    assert found["tax_id"] is None
    assert found["address"]["city"] == "Niterói"
    assert found["address"]["state"] == "RJ"
    assert found["address"]["complement"] is None
    assert found["address"]["street"] == maria.row["street"]
    assert found["preferences"] == {"contact_channel": "email"}
    assert (await read(house, maria)).json() == found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"attention_note": "Sou VIP"}, "unknown_member"),
        ({"status": "closed"}, "unknown_member"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "unknown_member"),
        ({"address": {"planet": "Marte"}}, "unknown_member"),
        ({"tax_id": "12ABC34501DE35"}, "validation_failed"),
        ({"tax_id": cpf(5)[:-1]}, "validation_failed"),
        ({"name": None}, "validation_failed"),
        ({"email": None}, "validation_failed"),
        ({"address": {"street": None}}, "validation_failed"),
        ({"preferences": {"theme": "dark"}}, "validation_failed"),
    ],
)
async def test_what_is_not_theirs_to_write_or_does_not_fit_is_refused(
    house: Service, body: dict[str, Any], code: str
) -> None:
    maria = await add_customer(house.platform)
    before = await read(house, maria)
    answer = await change(house, maria, "*", **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in (code, "unknown_member")
    after = await read(house, maria)
    assert after.json() == before.json()
    assert after.headers["etag"] == before.headers["etag"]


async def test_reads_and_changes_of_ones_own_are_on_record(house: Service) -> None:
    maria = await add_customer(house.platform)
    await read(house, maria)
    await change(house, maria, "*", phone=None)
    actions = [(e.action, e.outcome) for e in await events(house.platform, subject_id=maria.id)]
    assert actions == [
        ("customer:customer:read", "allowed"),
        ("customer:customer:update", "allowed"),
        ("customer:customer:read", "allowed"),
    ]


async def test_customers_see_who_looked_why_and_at_which_fields(house: Service) -> None:
    maria = await add_customer(house.platform)
    support, engineer = (
        await add_staff(house.platform, "support"),
        await add_staff(house.platform, "systems_engineer"),
    )
    one = f"/v1/staff/customers/{maria.id}"
    await house.client.get(one, headers=support.headers)
    await house.client.get(one, headers=engineer.headers | {"X-Purpose": "incident_response"})
    await house.client.get("/v1/staff/customers", headers=support.headers)
    answer = await house.client.get("/v1/customer/access-log", headers=maria.headers)
    assert answer.status_code == 200
    listed, by_engineer, by_support = answer.json()["items"]
    assert (listed["action"], listed["role"]) == ("staff:customer:list", "support")
    assert by_engineer["purpose"] == "incident_response"
    assert "tax_id" in by_support["fields"]
    assert str(support.id) not in answer.text
    assert "4711" not in answer.text  # the engineer's reason is the agency's
    page = await house.client.get("/v1/customer/access-log?limit=2", headers=maria.headers)
    rest = await house.client.get(
        "/v1/customer/access-log",
        params={"limit": 2, "cursor": page.json()["next_cursor"]},
        headers=maria.headers,
    )
    assert [item["id"] for item in page.json()["items"] + rest.json()["items"]] == [
        item["id"] for item in answer.json()["items"]
    ]
    assert rest.json()["next_cursor"] is None
