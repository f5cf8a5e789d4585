"""One's own sessions over HTTP: seen, ended one by one, ended all; nobody else's."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.access.viewers import STAFF_ROLES
from app.core.ids import new_id
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    bearer,
    open_customer_session,
)
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
CUSTOMER, STAFF = "/v1/customer/sessions", "/v1/staff/sessions"


async def sign_in(house: Service, maria: CustomerPerson, agent: str = FIREFOX) -> dict[str, str]:
    """Another session of hers, as a browser opens one."""
    form = {"username": maria.email, "password": PASSWORD}
    answer = await house.client.post(
        "/v1/auth/customer/token", data=form, headers={"User-Agent": agent}
    )
    assert answer.status_code == 200
    return bearer(answer.json()["access_token"])


async def listed(house: Service, headers: dict[str, str], path: str = CUSTOMER) -> dict[str, Any]:
    answer = await house.client.get(path, headers=headers)
    assert answer.status_code == 200
    content: dict[str, Any] = answer.json()
    return content


async def works(house: Service, headers: dict[str, str]) -> bool:
    answer = await house.client.get("/v1/customer/profile", headers=headers)
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def end(house: Service, headers: dict[str, str], path: str) -> httpx.Response:
    return await house.client.delete(path, headers=headers)


async def test_a_customer_sees_from_where_and_with_what_they_are_signed_in(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = house.clock()
    browser = await sign_in(house, maria)
    page = await listed(house, browser)
    newest, first = page["items"]
    assert page["next_cursor"] is None
    assert page["current"] == newest["id"]
    assert first["id"] == str(maria.session_id)
    assert set(newest) == {
        *("id", "device", "network", "factors"),
        *("created_at", "last_used_at", "proved_at", "expires_at"),
    }
    assert (newest["device"], newest["network"]) == ("Firefox, Windows", "127.0.0.0/24")
    assert newest["factors"] == ["password"]
    assert newest["created_at"] == newest["last_used_at"] == newest["proved_at"]
    assert newest["created_at"] >= before.isoformat()[:26]
    assert (await listed(house, maria.headers))["current"] == str(maria.session_id)


async def test_long_lists_come_in_pages(house: Service) -> None:
    maria = await add_customer(house.platform)
    for _ in range(4):
        await sign_in(house, maria)
    seen: list[str] = []
    place = "?limit=2"
    for _ in range(3):
        page = await listed(house, maria.headers, CUSTOMER + place)
        seen += [item["id"] for item in page["items"]]
        place = f"?limit=2&cursor={page['next_cursor']}"
    assert place.endswith("=None")
    assert len(set(seen)) == len(seen) == 5
    assert seen == sorted(seen, reverse=True)


async def test_one_session_is_ended_and_the_others_go_on(house: Service) -> None:
    maria = await add_customer(house.platform)
    browser = await sign_in(house, maria)
    phone = await sign_in(house, maria, "curl/8.5.0")
    target = (await listed(house, phone))["current"]
    answer = await end(house, browser, f"{CUSTOMER}/{target}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not await works(house, phone)
    assert await works(house, browser)
    assert target not in [item["id"] for item in (await listed(house, browser))["items"]]
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.outcome) == ("customer:session:end", "allowed")
    assert (event.subject_type, str(event.subject_id)) == ("session", target)
    assert (await end(house, browser, f"{CUSTOMER}/{target}")).status_code == 404  # it is over


async def test_the_current_session_can_be_named_too(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await end(house, maria.headers, f"{CUSTOMER}/{maria.session_id}")
    assert answer.status_code == 204
    assert not await works(house, maria.headers)


async def test_all_others_are_ended_on_every_account_of_the_login(house: Service) -> None:
    maria, firm = await add_customer(house.platform), await add_customer(house.platform)
    elsewhere = bearer(await open_customer_session(house.platform, maria.login_id, firm.id))
    browser = await sign_in(house, maria)
    assert len((await listed(house, browser))["items"]) == 3
    answer = await end(house, browser, CUSTOMER)
    assert answer.status_code == 204
    assert await works(house, browser)
    assert not await works(house, maria.headers)
    assert not await works(house, elsewhere)
    assert await works(house, firm.headers)
    assert len((await listed(house, browser))["items"]) == 1
    [event] = [
        event
        for event in await events(house.platform, request_id=answer.headers["x-request-id"])
        if event.action == "customer:session:end"
    ]
    assert event.rows == 2
    again = await end(house, browser, CUSTOMER)
    assert again.status_code == 204
    refreshed = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": maria.refresh_token}
    )
    assert refreshed.status_code == 401


async def test_of_two_who_end_each_other_at_once_one_remains_or_none(house: Service) -> None:
    maria = await add_customer(house.platform)
    one, two = await sign_in(house, maria), await sign_in(house, maria)
    answers = await asyncio.gather(*(end(house, headers, CUSTOMER) for headers in (one, two)))
    assert {answer.status_code for answer in answers} <= {204, 401}
    assert not (await works(house, one) and await works(house, two))


async def test_an_expired_session_is_not_there_to_be_ended(house: Service) -> None:
    maria = await add_customer(house.platform)
    house.clock.ahead += timedelta(days=house.platform.settings.refresh_token_days)
    try:
        browser = await sign_in(house, maria)
        answer = await end(house, browser, f"{CUSTOMER}/{maria.session_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert len((await listed(house, browser))["items"]) == 1
    finally:
        house.clock.ahead = timedelta()


@pytest.mark.parametrize("name", ["unknown", "nonsense", "anothers", "staffs"])
async def test_what_is_not_ones_own_is_not_there(house: Service, name: str) -> None:
    maria, joao = await add_customer(house.platform), await add_customer(house.platform)
    support = await add_staff(house.platform, "support")
    named: dict[str, UUID | str] = {
        "unknown": new_id(),
        "nonsense": "%00x",
        "anothers": joao.session_id,
        "staffs": support.session_id,
    }
    answer = await end(house, maria.headers, f"{CUSTOMER}/{named[name]}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    if name in ("anothers", "unknown"):
        [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
        assert (event.action, event.outcome) == ("customer:session:end", "refused")
    if name == "anothers":
        assert await works(house, joao.headers)
        crossed = await end(house, support.headers, f"{STAFF}/{joao.session_id}")
        assert crossed.status_code == 404
        assert await works(house, joao.headers)


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_staff_of_every_role_do_the_same_with_theirs(house: Service, role: str) -> None:
    member = await add_staff(house.platform, role)
    form = {"username": member.email, "password": PASSWORD, "totp": member.code(house.clock())}
    answer = await house.client.post("/v1/auth/staff/token", data=form)
    other = member.headers | bearer(answer.json()["access_token"])
    page = await listed(house, other, STAFF)
    assert len(page["items"]) == 2
    assert page["items"][0]["factors"] == ["password", "totp"]
    assert (await end(house, other, f"{STAFF}/{member.session_id}")).status_code == 204
    assert (await house.client.get(STAFF, headers=member.headers)).status_code == 401
    assert (await end(house, other, STAFF)).status_code == 204
    assert len((await listed(house, other, STAFF))["items"]) == 1


async def test_each_list_is_on_record_and_nothing_can_be_asked_of_it(
    house: Service, maria: CustomerPerson, director: StaffPerson
) -> None:
    answer = await house.client.get(CUSTOMER, headers=maria.headers)
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.rows) == ("customer:session:list", len(answer.json()["items"]))
    for query in ("network=127.0.0.0/24", "device=curl", "sort=last_used_at", "login_id=x"):
        refused = await house.client.get(f"{CUSTOMER}?{query}", headers=maria.headers)
        assert refused.status_code == 422
        refused = await house.client.get(f"{STAFF}?{query}", headers=director.headers)
        assert refused.status_code == 422
