"""Whose account it is: lesser members, other logins, closed accounts, and refusals on record."""

import pytest
from sqlalchemy import select, update

from app.models import AuditEvent, Customer, Membership
from app.services.platform import Platform
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    bearer,
    change_columns,
    open_customer_session,
)
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILE = "/v1/customer/profile"
ANY = {"If-Match": "*"}


async def grant(platform: Platform, login: CustomerPerson, permissions: tuple[str, ...]) -> None:
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(Membership)
            .where(Membership.login_id == login.login_id)
            .values(permissions=permissions)
        )


@pytest.mark.parametrize("permissions", [(), ("invoices",), ("owners",), ("support", "members")])
async def test_a_member_who_is_not_the_owner_may_nothing_yet(
    house: Service, permissions: tuple[str, ...]
) -> None:
    member = await add_customer(house.platform)
    await grant(house.platform, member, permissions)
    for answer in (
        await house.client.get(PROFILE, headers=member.headers),
        await house.client.patch(PROFILE, headers=member.headers | ANY, json={"name": "Outra"}),
        await house.client.get("/v1/customer/access-log", headers=member.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    [(name,)] = await rows(house.platform, select(Customer.name).where(Customer.id == member.id))
    assert name == member.row["name"]


async def test_what_another_login_did_stands_in_the_owners_access_log(
    house: Service, maria: CustomerPerson
) -> None:
    other = await add_customer(house.platform)
    token = await open_customer_session(house.platform, other.login_id, maria.id)
    assert (await house.client.get(PROFILE, headers=bearer(token))).status_code == 200

    seen = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert [(item["role"], item["action"]) for item in seen["items"]] == [
        ("self", "customer:customer:read")
    ]
    own = (await house.client.get("/v1/customer/access-log", headers=other.headers)).json()
    assert own["items"] == []


async def test_a_closed_account_is_not_its_owners_to_edit(
    house: Service, director: StaffPerson
) -> None:
    owner = await add_customer(house.platform, status="closed", closed_at=house.clock())
    answer = await house.client.patch(PROFILE, headers=owner.headers | ANY, json={"tax_id": None})
    assert (answer.status_code, answer.json()["code"]) == (409, "account_closed")

    path = f"/v1/staff/customers/{owner.id}"
    reopened = await house.client.patch(
        path, headers=director.headers | ANY, json={"status": "active"}
    )
    assert (reopened.status_code, reopened.json()["status"]) == (200, "active")


async def test_an_erased_account_stays_erased(house: Service, director: StaffPerson) -> None:
    gone = await add_customer(house.platform)
    await change_columns(house.platform, gone.id, status="erased", closed_at=house.clock())
    answer = await house.client.patch(
        f"/v1/staff/customers/{gone.id}", headers=director.headers | ANY, json={"status": "active"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "account_closed")


async def test_a_change_that_was_refused_is_on_record(
    house: Service, maria: CustomerPerson
) -> None:
    support = await add_staff(house.platform, "support")
    closed = await add_customer(house.platform, status="closed", closed_at=house.clock())
    for customer, tag, code in (
        (maria, '"stale"', "precondition_failed"),
        (closed, "*", "not_found"),
    ):
        answer = await house.client.patch(
            f"/v1/staff/customers/{customer.id}",
            headers=support.headers | {"If-Match": tag},
            json={"phone": None},
        )
        assert answer.json()["code"] == code
        [event] = await rows(
            house.platform,
            select(AuditEvent).where(AuditEvent.request_id == answer.headers["x-request-id"]),
        )
        assert (event.action, event.outcome, event.subject_id, event.rows) == (
            "staff:customer:update",
            "refused",
            customer.id,
            0,
        )
