"""Guessing at the doors of sign-in, over HTTP: 429 with the time, and nobody else is kept out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.support.people import PASSWORD, add_customer, add_staff
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUSTOMER, STAFF = "/v1/auth/customer/token", "/v1/auth/staff/token"
HOME, FAR = "198.51.100.7", "203.0.113.9"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service as it is in production: tries are counted."""
    folder = tmp_path_factory.mktemp("guarded")
    async with serving(shared_database_url, folder, throttle="on") as service:
        yield service


async def post(app: FastAPI, path: str, address: str, **form: str) -> httpx.Response:
    """A form out of another network."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.post(path, data=form)


async def guess(service: Service, username: str, address: str = FAR) -> httpx.Response:
    return await post(service.app, CUSTOMER, address, username=username, password="errada")


def apart(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    headers = {n: v for n, v in answer.headers.items() if n not in ("date", "x-request-id")}
    return answer.status_code, answer.json(), headers


async def test_who_guesses_waits_and_is_told_how_long(guarded: Service) -> None:
    maria = await add_customer(guarded.platform)
    answers = [await guess(guarded, maria.email) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("too_many_requests", "1")
    guarded.clock.ahead += timedelta(seconds=1)
    assert (await guess(guarded, maria.email)).status_code == 401
    guarded.clock.ahead += timedelta(seconds=1)
    assert (await guess(guarded, maria.email)).headers["retry-after"] == "1"


async def test_the_right_password_waits_like_a_wrong_one_and_passes_elsewhere(
    guarded: Service,
) -> None:
    maria = await add_customer(guarded.platform)
    form = {"username": maria.email, "password": PASSWORD}
    for _ in range(5):
        await guess(guarded, maria.email)
    assert (await post(guarded.app, CUSTOMER, FAR, **form)).status_code == 429
    assert (await post(guarded.app, CUSTOMER, HOME, **form)).status_code == 200


async def test_strangers_cannot_lock_an_account_where_its_owner_is_at_home(
    guarded: Service,
) -> None:
    maria = await add_customer(guarded.platform)
    form = {"username": maria.email, "password": PASSWORD}
    assert (await post(guarded.app, CUSTOMER, HOME, **form)).status_code == 200
    answers = [await guess(guarded, maria.email, f"10.0.{number}.1") for number in range(30)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 10
    assert all(int(answer.headers["retry-after"]) <= 30 for answer in answers[20:])
    for _ in range(10):
        assert (await post(guarded.app, CUSTOMER, HOME, **form)).status_code == 200


async def test_a_known_address_is_slowed_down_like_an_unknown_one(guarded: Service) -> None:
    maria = await add_customer(guarded.platform)
    known = [await guess(guarded, maria.email.upper(), "192.0.2.1") for _ in range(8)]
    unknown = [await guess(guarded, "ninguem@exemplo.com.br", "192.0.2.1") for _ in range(8)]
    assert [apart(answer) for answer in known] == [apart(answer) for answer in unknown]


async def test_a_burst_gets_no_more_than_a_patient_one(guarded: Service) -> None:
    maria = await add_customer(guarded.platform)
    answers = await asyncio.gather(*(guess(guarded, maria.email) for _ in range(60)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 55


async def test_staff_are_slowed_down_too(guarded: Service) -> None:
    support = await add_staff(guarded.platform, "support")
    form = {"username": support.email, "password": "errada", "totp": "000000"}
    answers = [await post(guarded.app, STAFF, FAR, **form) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    good = {"username": support.email, "password": PASSWORD, "totp": support.code(guarded.clock())}
    assert (await post(guarded.app, STAFF, FAR, **good)).status_code == 429
    assert (await post(guarded.app, STAFF, HOME, **good)).status_code == 200
