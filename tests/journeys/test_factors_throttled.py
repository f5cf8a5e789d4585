"""Guesses of codes are slowed down, per person, wherever they come from; nobody is locked out."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.support.authenticator import Authenticator as Phone
from tests.support.authenticator import Tricks
from tests.support.factors import (
    ORIGIN,
    add_app,
    add_passkey,
    ask_sign_in,
    early_in_a_step,
    sign_in_by_passkey,
    sign_in_by_password,
    step_up,
)
from tests.support.people import add_customer, add_staff
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("throttled")
    async with serving(shared_database_url, folder, throttle="on") as service:
        yield service


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def still_clock(house: Service) -> AsyncIterator[None]:
    early_in_a_step(house)
    yield
    house.clock.ahead = timedelta()


async def test_codes_cannot_be_tried_at_length(house: Service) -> None:
    maria = await add_customer(house.platform)
    app, added = await add_app(house, maria)
    statuses = [(await step_up(house, maria, totp="000000")).status_code for _ in range(8)]
    assert statuses[:5] == [401] * 5
    assert set(statuses[5:]) == {429}
    # Whatever the code, the door and the kind: it is one count for the person.
    for answer in (
        await step_up(house, maria, totp=app.code(house)),
        await step_up(house, maria, recovery_code=added["recovery_codes"][0]),
        await sign_in_by_password(house, maria, totp=app.code(house)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
    # What was refused was not looked at: the code is still good after the wait.
    house.clock.ahead += timedelta(seconds=3)
    assert (await step_up(house, maria, totp=app.code(house))).status_code == 200
    assert (await step_up(house, maria, totp=app.code(house, 1))).status_code == 200


async def test_who_does_not_know_the_password_counts_for_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    app, _ = await add_app(house, maria)
    form = {"username": maria.email, "password": "Errada-12345!"}
    for _ in range(4):
        answer = await house.client.post("/v1/auth/customer/token", data={**form, "totp": "000000"})
        assert answer.status_code == 401
    assert (await step_up(house, maria, totp=app.code(house))).status_code == 200


async def test_the_second_factor_of_staff_is_counted_too(house: Service) -> None:
    ana = await add_staff(house.platform, "support")
    app, _ = await add_app(house, ana)
    statuses = [(await step_up(house, ana, totp="000000")).status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert (await sign_in_by_password(house, ana, totp=app.code(house))).status_code == 429


async def test_a_network_that_asks_without_end_is_told_to_wait(house: Service) -> None:
    maria, phone = await add_customer(house.platform), Phone(ORIGIN)
    await add_passkey(house, maria, phone)
    assert (await sign_in_by_passkey(house, "customer", phone)).status_code == 200
    seen = set()
    for _ in range(210):
        answer = await house.client.post("/v1/auth/customer/passkey/options")
        seen.add(answer.status_code)
    assert seen == {200, 429}
    house.clock.ahead += timedelta(minutes=6)
    asked = await ask_sign_in(house, "customer")
    assert asked["options"]["allowCredentials"] == []
    refused = await sign_in_by_passkey(house, "customer", phone, Tricks(tamper=True))
    assert refused.status_code == 401
