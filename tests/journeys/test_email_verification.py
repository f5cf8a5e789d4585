"""Whether the address that a login signs in with is read: links, sent again, used once."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.models import Login
from tests.support.letters import letters_to, token_to
from tests.support.people import PASSWORD, CustomerPerson, add_customer, bearer
from tests.support.records import events, rows
from tests.support.service import Service, serving
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEND = "/v1/customer/email-verification"
CONFIRM = "/v1/public/email-verifications/confirm"
MAIL = "email_verify"


async def registered(house: Service) -> tuple[str, dict[str, str]]:
    """The address of somebody new, and their session's headers."""
    body = registration(password=PASSWORD)
    answer = await house.client.post("/v1/public/registrations", json=body)
    assert answer.status_code == 201, answer.text
    form = {"username": body["email"], "password": PASSWORD}
    tokens = (await house.client.post("/v1/auth/customer/token", data=form)).json()
    return body["email"], bearer(tokens["access_token"])


async def confirm(house: Service, token: str) -> httpx.Response:
    return await house.client.post(CONFIRM, json={"token": token})


async def verified_at(house: Service, email: str) -> Any:
    [login] = await rows(house.platform, select(Login).where(Login.email == email))
    return login.email_verified_at


async def test_whoever_registers_is_mailed_a_link_that_verifies_once(house: Service) -> None:
    email, headers = await registered(house)
    assert await verified_at(house, email) is None
    [letter] = await letters_to(house.platform, email, MAIL)
    assert (letter.template, letter.row.login_id is None) == ("email_verify", False)
    assert letter.secret["link"].startswith("http://127.0.0.1:8000/confirm-email#token=")
    before = house.clock()
    answer = await confirm(house, letter.token)
    assert (answer.status_code, answer.content) == (204, b"")
    moment = await verified_at(house, email)
    assert before <= moment <= house.clock()
    again = await confirm(house, letter.token)
    assert (again.status_code, again.json()["code"]) == (403, "one_time_token_invalid")
    assert await verified_at(house, email) == moment
    assert (await house.client.get("/v1/customer/profile", headers=headers)).status_code == 200


async def test_a_refused_registration_mails_nothing(house: Service) -> None:
    email, _ = await registered(house)
    for refused in (
        registration(email=email),
        registration(email="ninguem@exemplo.com.br", accepted_policy_version=9),
    ):
        await house.client.post("/v1/public/registrations", json=refused)
    assert len(await letters_to(house.platform, email, MAIL)) == 1
    assert await letters_to(house.platform, "ninguem@exemplo.com.br") == []


async def test_another_link_makes_the_first_one_useless(house: Service) -> None:
    email, headers = await registered(house)
    first = await token_to(house.platform, email, MAIL)
    answer = await house.client.post(SEND, headers=headers)
    assert (answer.status_code, answer.json()) == (202, {"status": "mailed"})
    assert (await confirm(house, first)).status_code == 403
    second = await token_to(house.platform, email, MAIL)
    assert (await confirm(house, second)).status_code == 204
    done = await house.client.post(SEND, headers=headers)
    assert (done.status_code, done.json()) == (202, {"status": "verified"})
    assert len(await letters_to(house.platform, email, MAIL)) == 2


async def test_a_link_expires_after_a_day(house: Service) -> None:
    email, _ = await registered(house)
    token = await token_to(house.platform, email, MAIL)
    house.clock.ahead = timedelta(hours=24, seconds=1)
    try:
        assert (await confirm(house, token)).status_code == 403
    finally:
        house.clock.ahead = timedelta()
    assert await verified_at(house, email) is None


async def test_a_link_used_ten_times_at_once_works_once(house: Service) -> None:
    email, _ = await registered(house)
    token = await token_to(house.platform, email, MAIL)
    answers = await asyncio.gather(*(confirm(house, token) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 9


async def test_it_goes_to_the_caller_and_verifies_nobody_else(
    house: Service, maria: CustomerPerson
) -> None:
    joana = await add_customer(house.platform)
    await house.client.post(SEND, headers=maria.headers)
    assert (await letters_to(house.platform, maria.email))[-1].template == "email_verify"
    assert await letters_to(house.platform, joana.email) == []
    await confirm(house, await token_to(house.platform, maria.email, MAIL))
    assert await verified_at(house, maria.email) is not None
    assert await verified_at(house, joana.email) is None


async def test_a_login_that_was_disabled_meanwhile_stays_so(house: Service) -> None:
    maria = await add_customer(house.platform)
    await house.client.post(SEND, headers=maria.headers)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(status="disabled")
        )
    token = await token_to(house.platform, maria.email, MAIL)
    assert (await confirm(house, token)).status_code == 204
    [login] = await rows(house.platform, select(Login).where(Login.id == maria.login_id))
    assert login.status == "disabled"


async def test_both_are_on_record_without_the_address(house: Service) -> None:
    maria = await add_customer(house.platform)
    sent = await house.client.post(SEND, headers=maria.headers)
    token = await token_to(house.platform, maria.email, MAIL)
    confirmed = await confirm(house, token)
    for answer, action, kind in (
        (sent, "customer:email:verify", "login"),
        (confirmed, "public:email:verify", "anonymous"),
    ):
        [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
        assert (event.action, event.actor_kind, event.outcome) == (action, kind, "allowed")
        assert (event.subject_type, event.subject_id) == ("login", maria.login_id)
        assert maria.email not in str(tuple(event))
        assert token not in str(tuple(event))


async def test_a_mailbox_is_not_filled(shared_database_url: str, tmp_path: Path) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as busy:
        maria = await add_customer(busy.platform)
        answers = [await busy.client.post(SEND, headers=maria.headers) for _ in range(8)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] == 202
        assert statuses[-1] == 429
        assert len(await letters_to(busy.platform, maria.email)) == statuses.count(202)


async def test_only_a_signed_in_customer_has_one_sent(house: Service) -> None:
    assert (await house.client.post(SEND)).status_code == 401
