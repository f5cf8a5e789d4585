"""Which accounts a login may enter, so that a client can choose one when it signs in."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app.core.ids import new_id
from app.models import Membership
from tests.support.people import CustomerPerson, add_customer, bearer, change_columns
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNTS = "/v1/customer/accounts"


async def enter(
    house: Service, login: CustomerPerson, account: CustomerPerson, **columns: Any
) -> None:
    row: dict[str, Any] = {
        "id": new_id(),
        "login_id": login.login_id,
        "customer_id": account.id,
        "permissions": ("invoices",),
        "created_at": house.clock(),
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(Membership).values(row | columns))


async def listed(house: Service, login: CustomerPerson) -> list[Any]:
    answer = await house.client.get(ACCOUNTS, headers=login.headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def test_only_accounts_that_open_are_listed_the_oldest_first(house: Service) -> None:
    maria, now = await add_customer(house.platform), house.clock()
    closed = await add_customer(house.platform, status="closed", closed_at=now)
    erased = await add_customer(house.platform, status="erased", closed_at=now)
    paused = await add_customer(house.platform, status="suspended")
    shut: list[tuple[CustomerPerson, dict[str, Any]]] = [
        (await add_customer(house.platform), {"revoked_at": now}),
        (await add_customer(house.platform), {"suspended_at": now}),
        (await add_customer(house.platform), {"expires_at": now - timedelta(seconds=1)}),
        (erased, {}),
    ]
    later = await add_customer(house.platform)
    for account, columns in shut:
        await enter(house, maria, account, **columns)
    await enter(house, maria, closed)
    await enter(house, maria, paused, permissions=("support", "backups"))
    await enter(house, maria, later, expires_at=now + timedelta(hours=1))
    items = await listed(house, maria)
    assert [(item["id"], item["status"], item["permissions"]) for item in items] == [
        (str(maria.id), "active", ["owner"]),
        (str(closed.id), "closed", ["invoices"]),
        (str(paused.id), "suspended", ["support", "backups"]),
        (str(later.id), "active", ["invoices"]),
    ]
    assert [item["name"] for item in items][:2] == [maria.row["name"], closed.row["name"]]
    assert all(set(item) == {"id", "status", "name", "permissions"} for item in items)


async def test_what_is_listed_can_be_signed_in_to_and_nothing_else(house: Service) -> None:
    maria, open_one = await add_customer(house.platform), await add_customer(house.platform)
    shut = await add_customer(house.platform)
    await enter(house, maria, open_one)
    await enter(house, maria, shut, suspended_at=house.clock())
    for account, status in ((open_one, 200), (shut, 401)):
        form = {
            "username": maria.email,
            "password": maria.password,
            "customer_id": str(account.id),
        }
        answer = await house.client.post("/v1/auth/customer/token", data=form)
        assert answer.status_code == status
        if status == 200:
            headers = bearer(answer.json()["access_token"])
            seen = await house.client.get("/v1/customer/membership", headers=headers)
            assert seen.json()["permissions"] == ["invoices"]
    assert {item["id"] for item in await listed(house, maria)} == {str(maria.id), str(open_one.id)}


async def test_the_list_is_on_record_with_every_account(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    await enter(house, maria, other)
    await listed(house, maria)
    [event] = await events(house.platform, action="customer:account:list", actor_id=maria.login_id)
    assert (event.rows, event.fields) == (2, ("id", "status", "name"))
    log = (await house.client.get("/v1/customer/access-log", headers=other.headers)).json()
    assert [item["action"] for item in log["items"]] == ["customer:account:list"]
    await change_columns(house.platform, other.id, name="Outro Nome")
    assert (await listed(house, maria))[1]["name"] == "Outro Nome"
