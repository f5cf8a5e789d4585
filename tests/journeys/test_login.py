"""A customer reads their own login, and how its password stands."""

import pytest
from sqlalchemy import update

from app.models import Login
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    add_customer,
    bearer,
    open_customer_session,
)
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/customer/login"
COMMON = "Senha@2026"


async def test_it_is_the_login_and_not_the_account(house: Service, maria: CustomerPerson) -> None:
    answer = await house.client.get(PATH, headers=maria.headers)
    assert answer.status_code == 200
    told = answer.json()
    assert told["id"] == str(maria.login_id)
    assert told["email"] == maria.email != maria.row["email"]
    assert "password_hash" not in told
    assert answer.headers["etag"]
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.subject_id) == ("customer:login:read", maria.login_id)


async def test_a_member_reads_their_own_and_nobody_elses(house: Service) -> None:
    maria, joao = await add_customer(house.platform), await add_customer(house.platform)
    token = await open_customer_session(house.platform, joao.login_id, maria.id)
    told = (await house.client.get(PATH, headers=bearer(token))).json()
    assert told["id"] == str(joao.login_id)


async def test_the_flag_on_a_common_password_is_shown_until_the_change(house: Service) -> None:
    maria = await add_customer(house.platform, password=COMMON)
    form = {"username": maria.email, "password": COMMON}
    signed_in = (await house.client.post("/v1/auth/customer/token", data=form)).json()
    headers = bearer(signed_in["access_token"])
    told = (await house.client.get(PATH, headers=headers)).json()
    assert told["credential_flagged_at"] is not None
    assert told["credential_changed_at"] is None
    body = {"current_password": COMMON, "new_password": PASSWORD}
    changed = await house.client.put("/v1/customer/password", json=body, headers=headers)
    assert changed.status_code == 204
    told = (await house.client.get(PATH, headers=headers)).json()
    assert told["credential_flagged_at"] is None
    assert told["credential_changed_at"] is not None


async def test_a_login_that_is_shut_out_reads_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(status="disabled")
        )
    assert (await house.client.get(PATH, headers=maria.headers)).status_code == 401
