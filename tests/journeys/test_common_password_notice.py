"""A password that is on the common list by now is told of at the sign-in, until it is changed."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.models import Login, StaffMember
from tests.support.people import PASSWORD, CustomerPerson, add_customer, add_staff, bearer
from tests.support.records import rows
from tests.support.service import Service, serving
from tests.support.stage import Tap

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMON = "Senha@2026"


async def enter(house: Service, email: str, password: str, **more: str) -> httpx.Response:
    door = "staff" if "totp" in more else "customer"
    form = {"username": email, "password": password, **more}
    return await house.client.post(f"/v1/auth/{door}/token", data=form)


async def flagged_at(house: Service, person: CustomerPerson) -> Any:
    flag = select(Login.credential_flagged_at).where(Login.id == person.login_id)
    return (await rows(house.platform, flag))[0][0]


async def test_it_is_told_at_each_sign_in_and_flagged_since_the_first(house: Service) -> None:
    maria = await add_customer(house.platform, password=COMMON)
    first = await enter(house, maria.email, COMMON)
    assert (first.status_code, first.json()["notices"]) == (200, ["password_common"])
    since = await flagged_at(house, maria)
    assert since is not None
    house.clock.ahead += timedelta(hours=1)
    assert (await enter(house, maria.email, COMMON)).json()["notices"] == ["password_common"]
    assert await flagged_at(house, maria) == since


async def test_the_next_change_takes_it_off(house: Service) -> None:
    maria = await add_customer(house.platform, password=COMMON)
    token = (await enter(house, maria.email, COMMON)).json()["access_token"]
    body = {"current_password": COMMON, "new_password": PASSWORD}
    changed = await house.client.put("/v1/customer/password", json=body, headers=bearer(token))
    assert changed.status_code == 204
    assert await flagged_at(house, maria) is None
    assert (await enter(house, maria.email, PASSWORD)).json()["notices"] == []
    assert await flagged_at(house, maria) is None


async def test_a_password_that_was_fine_is_told_of_once_the_list_grew(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with serving(shared_database_url, tmp_path) as house:
        maria = await add_customer(house.platform, password="capivara-verde-7-musgo")
        answer = await enter(house, maria.email, maria.password)
        assert answer.json()["notices"] == []
    more = tmp_path / "more.txt"
    more.write_text("capivara verde 7 musgo\n", "utf-8")
    async with serving(shared_database_url, tmp_path, common_passwords_file=more) as house:
        answer = await enter(house, maria.email, maria.password)
        assert answer.json()["notices"] == ["password_common"]
        assert await flagged_at(house, maria) is not None


async def test_the_old_systems_passwords_are_looked_at_too(house: Service) -> None:
    maria = await add_customer(house.platform)
    old = hashlib.md5(b"123456", usedforsecurity=False).hexdigest()
    wrapped = await house.platform.hashing.wrap_md5(old, None)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(password_hash=wrapped)
        )
    for _ in range(2):  # the first one renews the hash
        assert (await enter(house, maria.email, "123456")).json()["notices"] == ["password_common"]
    assert await flagged_at(house, maria) is not None


async def test_a_wrong_guess_is_told_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await enter(house, maria.email, COMMON)
    assert answer.status_code == 401
    assert "notices" not in answer.text
    assert await flagged_at(house, maria) is None


async def test_a_refresh_tells_nothing(house: Service) -> None:
    maria = await add_customer(house.platform, password=COMMON)
    pair = (await enter(house, maria.email, COMMON)).json()
    renewal = {"refresh_token": pair["refresh_token"]}
    assert (await house.client.post("/v1/auth/refresh", json=renewal)).json()["notices"] == []


async def test_staff_are_told_too(house: Service) -> None:
    member = await add_staff(house.platform, "support")
    common = await house.platform.hashing.hash(COMMON)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(StaffMember).where(StaffMember.id == member.id).values(password_hash=common)
        )
    answer = await enter(house, member.email, COMMON, totp=member.code(house.clock()))
    assert (answer.status_code, answer.json()["notices"]) == (200, ["password_common"])


async def test_the_flag_costs_no_statement(house: Service) -> None:
    good = await add_customer(house.platform)
    common = await add_customer(house.platform, password=COMMON)
    counts = []
    tap = Tap()
    tap.open(house.platform)
    for person in (good, common):
        await enter(house, person.email, person.password)
        counts.append(len(tap.statements))
        assert any("credential_flagged_at=" in sql for sql in tap.statements) is (person is common)
        tap.clear()
    assert counts[0] == counts[1]
