"""Billing issues invoices and settles them; customers with the permission read their own."""

import asyncio
import itertools
from collections import Counter
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.models import Invoice
from tests.support.people import StaffPerson, add_customer, add_member, add_staff, change_columns
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.stage import comparable
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = "/v1/customer/invoices"
ANY = {"If-Match": "*"}
NOBODY = "01a19467-e800-7e96-9097-3b43b5d82b45"

_numbers = itertools.count(1)


def invoice(**members: Any) -> dict[str, Any]:
    return {
        "number": f"2026-{next(_numbers):06d}",
        "description": "Hospedagem, dezembro de 2026",
        "amount_cents": 14990,
        "due_on": "2026-12-10",
    } | members


async def issue(
    house: Service, billing: StaffPerson, customer_id: Any, /, **members: Any
) -> httpx.Response:
    return await house.client.post(
        f"/v1/staff/customers/{customer_id}/invoices",
        json=invoice(**members),
        headers=billing.headers,
    )


async def settle(
    house: Service, who: StaffPerson, invoice_id: str, status: str, tag: str = "*"
) -> httpx.Response:
    return await house.client.patch(
        f"/v1/staff/invoices/{invoice_id}",
        json={"status": status},
        headers=who.headers | {"If-Match": tag},
    )


async def test_an_invoice_is_issued_read_and_paid(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    issued = await issue(house, billing, maria.id, number="  2026/7   a ")
    assert issued.status_code == 201, issued.text
    body = issued.json()
    assert body == {
        "id": body["id"],
        "customer_id": str(maria.id),
        "number": "2026/7 a",
        "description": "Hospedagem, dezembro de 2026",
        "amount_cents": 14990,
        "currency": "BRL",
        "due_on": "2026-12-10",
        "status": "open",
        "issued_at": body["issued_at"],
        "paid_at": None,
    }
    own = await house.client.get(f"{OWN}/{body['id']}", headers=maria.headers)
    assert own.json() == body
    tag = own.headers["etag"]
    assert code(await settle(house, billing, body["id"], "paid", tag)) == (
        412,
        "precondition_failed",
    ), "a tag is one viewer's"
    paid = await settle(house, billing, body["id"], "paid")
    assert (paid.status_code, paid.json()["status"]) == (200, "paid")
    assert paid.json()["paid_at"] is not None
    for status in ("paid", "cancelled"):
        assert code(await settle(house, billing, body["id"], status)) == (409, "conflict")
    seen = (await house.client.get(OWN, headers=maria.headers)).json()["items"]
    assert seen == [paid.json()]


async def test_settling_starts_from_what_was_read(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    issued = (await issue(house, billing, maria.id)).json()
    path = f"/v1/staff/invoices/{issued['id']}"
    read = await house.client.get(path, headers=billing.headers)
    assert (read.status_code, read.json()) == (200, issued)
    tag = read.headers["etag"]
    log = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert log["items"][0]["action"] == "staff:invoice:list", "whose it is can see the reading"
    paid = await settle(house, billing, issued["id"], "paid", tag)
    assert (paid.status_code, paid.json()["status"]) == (200, "paid")
    assert code(await settle(house, billing, issued["id"], "cancelled", tag)) == (
        412,
        "precondition_failed",
    )
    for nobody in (NOBODY, "42"):
        gone = await house.client.get(f"/v1/staff/invoices/{nobody}", headers=billing.headers)
        assert code(gone) == (404, "not_found")


async def test_a_number_is_used_once(house: Service) -> None:
    billing = await add_staff(house.platform, "billing")
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    number = invoice()["number"]
    answers = await asyncio.gather(
        *(
            issue(house, billing, customer.id, number=number)
            for customer in (maria, other, maria, other)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 3}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert code(refused) == (409, "invoice_number_taken")


async def test_one_key_issues_one_invoice(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    body, headers = invoice(), billing.headers | {"Idempotency-Key": "fatura-uma-vez"}
    path = f"/v1/staff/customers/{maria.id}/invoices"
    answers = await asyncio.gather(
        *(house.client.post(path, json=body, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    listed = await house.client.get(path, headers=billing.headers)
    assert len(listed.json()["items"]) == 1


async def test_of_two_who_settle_one_is_told(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    one = (await issue(house, billing, maria.id)).json()["id"]
    answers = await asyncio.gather(
        *(settle(house, billing, one, status) for status in ("paid", "cancelled", "paid"))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 2}


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("director", True, False),
        ("systems_engineer", True, False),
        ("billing", True, True),
        ("privacy_officer", False, False),
        ("support", False, False),
        ("production", False, False),
        ("marketing", False, False),
    ],
)
async def test_each_role_by_each_deed(house: Service, role: str, reads: bool, writes: bool) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    one = (await issue(house, billing, maria.id)).json()["id"]
    person = await add_staff(house.platform, role)
    listed = await house.client.get(
        f"/v1/staff/customers/{maria.id}/invoices", headers=person.headers
    )
    assert listed.status_code == (200 if reads else 403)
    assert (one in listed.text) == reads
    read = await house.client.get(f"/v1/staff/invoices/{one}", headers=person.headers)
    assert read.status_code == (200 if reads else 403)
    assert (await issue(house, person, maria.id)).status_code == (201 if writes else 403)
    assert (await settle(house, person, one, "paid")).status_code == (200 if writes else 403)


async def test_lists_are_filtered_and_paged(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    ids = [(await issue(house, billing, maria.id)).json()["id"] for _ in range(5)]
    await settle(house, billing, ids[1], "paid")
    await settle(house, billing, ids[2], "cancelled")
    for path, headers in (
        (OWN, maria.headers),
        (f"/v1/staff/customers/{maria.id}/invoices", billing.headers),
    ):
        found = (await house.client.get(path, headers=headers)).json()["items"]
        assert [item["id"] for item in found] == ids[::-1]
        for status, expected in (("paid", [ids[1]]), ("cancelled", [ids[2]]), ("nada", [])):
            page = await house.client.get(path, params={"status": status}, headers=headers)
            assert [item["id"] for item in page.json()["items"]] == expected
        walked: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = await house.client.get(path, params=params, headers=headers)
            walked += [item["id"] for item in page.json()["items"]]
            cursor = page.json()["next_cursor"]
            if cursor is None:
                break
        assert walked == ids[::-1]
        unknown = await house.client.get(path, params={"number": "2026"}, headers=headers)
        assert code(unknown) == (422, "unknown_parameter")


async def test_invoices_of_others_are_nobodys_business(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    billing = await add_staff(house.platform, "billing")
    theirs = (await issue(house, billing, other.id)).json()["id"]
    hidden = await house.client.get(f"{OWN}/{theirs}", headers=maria.headers)
    missing = await house.client.get(f"{OWN}/{NOBODY}", headers=maria.headers)
    assert code(hidden) == (404, "not_found")
    assert comparable(hidden) == comparable(missing)
    assert (await house.client.get(OWN, headers=maria.headers)).json()["items"] == []
    support = await add_member(house.platform, other.id, "support")
    for path in (OWN, f"{OWN}/{theirs}"):
        answer = await house.client.get(path, headers=support.headers)
        assert code(answer) == (403, "forbidden")
    finance = await add_member(house.platform, other.id, "invoices")
    assert (await house.client.get(f"{OWN}/{theirs}", headers=finance.headers)).status_code == 200


async def test_an_unknown_customer_has_no_invoices(house: Service) -> None:
    billing = await add_staff(house.platform, "billing")
    gone = await add_customer(house.platform, status="erased", closed_at=house.clock())
    assert code(await issue(house, billing, gone.id)) == (409, "account_closed")
    five_years_and_more = house.clock().replace(year=house.clock().year - 6)
    await change_columns(house.platform, gone.id, closed_at=five_years_and_more)
    for customer_id in (gone.id, NOBODY, "x"):
        assert code(await issue(house, billing, customer_id)) == (404, "not_found")
        path = f"/v1/staff/customers/{customer_id}/invoices"
        assert code(await house.client.get(path, headers=billing.headers)) == (404, "not_found")
    assert code(await settle(house, billing, NOBODY, "paid")) == (404, "not_found")
    closed = await add_customer(house.platform, status="closed", closed_at=house.clock())
    assert (await issue(house, billing, closed.id)).status_code == 201, "the last one is due too"


async def test_a_text_that_asks_for_a_secret_is_no_description(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    answer = await issue(house, billing, maria.id, description="Confirme a sua senha por e-mail")
    assert code(answer) == (422, "validation_failed")
    assert [error["code"] for error in answer.json()["errors"]] == ["asks_for_secret"]
    assert (
        await rows(house.platform, select(Invoice.id).where(Invoice.customer_id == maria.id)) == []
    )


async def test_the_largest_amount_is_kept_to_the_cent(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    answer = await issue(house, billing, maria.id, amount_cents=10**11, due_on="2028-02-29")
    assert answer.json()["amount_cents"] == 10**11
    [seen] = (await house.client.get(OWN, headers=maria.headers)).json()["items"]
    assert (seen["amount_cents"], seen["due_on"]) == (10**11, "2028-02-29")


async def test_every_deed_is_on_record_and_in_the_customers_log(house: Service) -> None:
    maria, billing = await add_customer(house.platform), await add_staff(house.platform, "billing")
    one = (await issue(house, billing, maria.id)).json()["id"]
    await settle(house, billing, one, "paid")
    await house.client.get(f"/v1/staff/customers/{maria.id}/invoices", headers=billing.headers)
    log = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert [(item["action"], item["role"]) for item in log["items"]] == [
        ("staff:invoice:list", "billing"),
        ("staff:invoice:read", "billing"),
        ("staff:invoice:update", "billing"),
        ("staff:invoice:create", "billing"),
    ]
    assert log["items"][2]["fields"] == ["status"]
    content = repr(await events(house.platform, actor_id=billing.id))
    assert "14990" not in content
    assert "Hospedagem" not in content
