"""Signing in, staying, leaving: customers and staff, over HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.models import Membership
from tests.support.people import PASSWORD, add_customer, add_staff, bearer
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUSTOMER, STAFF = "/v1/auth/customer/token", "/v1/auth/staff/token"
OWN = {"date", "x-request-id"}


async def post(house: Service, path: str, **form: str) -> httpx.Response:
    return await house.client.post(path, data=form)


async def refresh(house: Service, token: str) -> httpx.Response:
    return await house.client.post("/v1/auth/refresh", json={"refresh_token": token})


async def profile(house: Service, token: str) -> httpx.Response:
    return await house.client.get("/v1/customer/profile", headers=bearer(token))


def apart_from_its_own(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that a stranger could compare."""
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    return answer.status_code, answer.content, headers


async def test_a_customer_signs_in_stays_and_leaves(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await post(house, CUSTOMER, username=maria.email, password=PASSWORD)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "notices"}
    assert tokens["notices"] == []
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    assert (await profile(house, tokens["access_token"])).json()["id"] == str(maria.id)

    renewed = (await refresh(house, tokens["refresh_token"])).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert (await profile(house, renewed["access_token"])).status_code == 200

    left = await house.client.post("/v1/auth/logout", headers=bearer(renewed["access_token"]))
    assert (left.status_code, left.content) == (204, b"")
    for token in (tokens["access_token"], renewed["access_token"]):
        refused = await profile(house, token)
        assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert (await refresh(house, renewed["refresh_token"])).status_code == 401


async def test_nobody_learns_whether_an_address_is_known(house: Service) -> None:
    maria = await add_customer(house.platform)
    answers = [
        await post(house, CUSTOMER, username=username, password=password)
        for username, password in (
            (maria.email, "Errada-12345"),
            ("ninguem@exemplo.com.br", PASSWORD),
            ("ninguem@exemplo.com.br", "Errada-12345"),
            ("nem-endereco", PASSWORD),
        )
    ]
    first, *others = map(apart_from_its_own, answers)
    assert first[0] == 401
    assert answers[0].json()["code"] == "invalid_credentials"
    assert others == [first] * 3


async def test_nobody_learns_which_of_three_was_wrong_for_staff(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    answers = [
        await post(house, STAFF, username=username, password=password, totp=code)
        for username, password, code in (
            (ana.email, "Errada-12345", ana.code()),
            (ana.email, PASSWORD, "000000"),
            ("ninguem@alainer.com.br", PASSWORD, ana.code()),
        )
    ]
    first, *others = map(apart_from_its_own, answers)
    assert first[0] == 401
    assert others == [first] * 2


async def test_staff_need_password_and_code_always(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    without = await post(house, STAFF, username=ana.email, password=PASSWORD)
    assert without.status_code == 422
    tokens = await post(house, STAFF, username=ana.email, password=PASSWORD, totp=ana.code())
    assert tokens.status_code == 200
    answer = await house.client.get(
        "/v1/staff/visibility", headers=bearer(tokens.json()["access_token"])
    )
    assert answer.json()["viewer"] == "support"
    again = await post(house, STAFF, username=ana.email, password=PASSWORD, totp=ana.code())
    assert again.status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [("grant_type", "client_credentials"), ("scope", "all"), ("username", "x" * 400)],
)
async def test_a_form_that_does_not_fit_is_refused(house: Service, field: str, value: str) -> None:
    form = {"username": "a@exemplo.com.br", "password": PASSWORD} | {field: value}
    answer = await post(house, CUSTOMER, **form)
    assert answer.status_code == 422
    assert value not in answer.text


async def test_a_spent_refresh_token_ends_everything(house: Service) -> None:
    maria = await add_customer(house.platform)
    stolen = (await refresh(house, maria.refresh_token)).json()
    reused = await refresh(house, maria.refresh_token)
    assert (reused.status_code, reused.json()["code"]) == (401, "token_invalid")
    assert (await profile(house, stolen["access_token"])).status_code == 401
    unknown = await refresh(house, "never-given-out")
    assert apart_from_its_own(unknown) == apart_from_its_own(reused)
    assert apart_from_its_own(await refresh(house, stolen["refresh_token"])) == apart_from_its_own(
        reused
    )


async def test_tokens_run_out(house: Service) -> None:
    maria = await add_customer(house.platform)
    try:
        house.clock.ahead = timedelta(minutes=16)
        answer = await profile(house, maria.token)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
        fresh = await refresh(house, maria.refresh_token)
        assert (await profile(house, fresh.json()["access_token"])).status_code == 200
        house.clock.ahead = timedelta(days=31)
        assert (await refresh(house, fresh.json()["refresh_token"])).status_code == 401
    finally:
        house.clock.ahead = timedelta()


async def test_a_revoked_membership_ends_the_session(house: Service) -> None:
    maria = await add_customer(house.platform)
    assert (await profile(house, maria.token)).status_code == 200
    async with house.platform.database.transaction() as connection:
        revoking = update(Membership).where(Membership.login_id == maria.login_id)
        await connection.execute(revoking.values(revoked_at=house.clock()))
    house.platform.sessions.forget(maria.session_id)
    assert (await profile(house, maria.token)).status_code == 401
    assert (await refresh(house, maria.refresh_token)).status_code == 401


async def test_one_login_enters_each_of_its_accounts(house: Service) -> None:
    maria, shop = await add_customer(house.platform), await add_customer(house.platform)
    stranger = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        moving = update(Membership).where(Membership.customer_id == shop.id)
        later = house.clock() + timedelta(seconds=1)
        await connection.execute(moving.values(login_id=maria.login_id, created_at=later))

    async def entered(**account: str) -> Any:
        answer = await post(house, CUSTOMER, username=maria.email, password=PASSWORD, **account)
        if answer.status_code != 200:
            return answer.json()["code"]
        return (await profile(house, answer.json()["access_token"])).json()["id"]

    assert await entered() == str(maria.id)
    assert await entered(customer_id=str(shop.id)) == str(shop.id)
    for other in (str(stranger.id), "not-an-id"):
        assert await entered(customer_id=other) == "invalid_credentials"


async def test_doors_do_not_take_each_others_tokens(house: Service) -> None:
    maria, ana = await add_customer(house.platform), await add_staff(house.platform, "director")
    assert (await profile(house, ana.token)).json()["code"] == "token_invalid"
    answer = await house.client.get("/v1/staff/customers", headers=maria.headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_logging_out_needs_a_living_session(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    for headers, status in (
        ({}, 401),
        (bearer("x"), 401),
        (ana.headers, 204),
        (ana.headers, 401),
    ):
        answer = await house.client.post("/v1/auth/logout", headers=headers)
        assert answer.status_code == status
