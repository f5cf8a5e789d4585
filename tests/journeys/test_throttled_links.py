"""A neighbour who tries links without end keeps no good one from opening."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support.confirmed import asked
from tests.support.email_changing import CONFIRM as CHANGE
from tests.support.email_changing import (
    CONFIRM_MAIL,
    NOTICE,
    UNDO,
    address,
    alike,
    changed,
    open_link,
    wish,
)
from tests.support.letters import token_to
from tests.support.people import PASSWORD, add_customer
from tests.support.service import Service, serving
from tests.support.trust import accept, accept_as_new, invite, token_of
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

RESETS = "/v1/public/password-resets"
REGISTRATIONS = "/v1/public/registrations"
VERIFICATIONS = "/v1/public/email-verifications"
MISSES = 60
Opener = Callable[[Service, str], Awaitable[httpx.Response]]


@pytest_asyncio.fixture(loop_scope="module")
async def guarded(shared_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service as it is in production, nothing counted yet."""
    async with serving(shared_database_url, tmp_path, throttle="on") as service:
        yield service


async def reset(house: Service, token: str) -> httpx.Response:
    body = {"token": token, "new_password": "viola-em-3-cacos!"}
    return await house.client.post(f"{RESETS}/confirm", json=body)


async def verify(house: Service, token: str) -> httpx.Response:
    return await open_link(house, f"{VERIFICATIONS}/confirm", token)


async def register(house: Service, token: str) -> httpx.Response:
    return await open_link(house, f"{REGISTRATIONS}/confirm", token)


async def change(house: Service, token: str) -> httpx.Response:
    return await open_link(house, CHANGE, token)


async def undo(house: Service, token: str) -> httpx.Response:
    return await open_link(house, UNDO, token)


async def reset_link(house: Service) -> str:
    maria = await add_customer(house.platform)
    await house.client.post(RESETS, json={"email": maria.email})
    return await token_to(house.platform, maria.email, "password_reset")


async def verification_link(house: Service) -> str:
    body = registration(password=PASSWORD)
    assert (await house.client.post(REGISTRATIONS, json=body)).status_code == 201
    return await token_to(house.platform, body["email"], "email_verify")


async def registration_link(house: Service) -> str:
    return await asked(house.platform, address("espera"))


async def change_link(house: Service) -> str:
    maria, email = await alike(house), address()
    assert (await wish(house, maria, email)).status_code == 200
    return await token_to(house.platform, email, CONFIRM_MAIL)


async def undo_link(house: Service) -> str:
    maria = await alike(house)
    await changed(house, maria, address())
    return await token_to(house.platform, maria.email, NOTICE)


async def invitation_link(house: Service) -> str:
    maria, email = await add_customer(house.platform), address("convidada")
    assert (await invite(house, maria.headers, email, "invoices")).status_code == 201
    return await token_of(house, email)


async def spend_the_network(house: Service) -> None:
    statuses = [(await verify(house, f"palpite-{n}")).status_code for n in range(MISSES + 1)]
    assert statuses == [403] * MISSES + [429]


@pytest.mark.parametrize(
    ("link", "use"),
    [
        (reset_link, reset),
        (verification_link, verify),
        (registration_link, register),
        (change_link, change),
        (undo_link, undo),
        (invitation_link, accept_as_new),
    ],
)
async def test_a_good_link_opens_whatever_its_network_has_tried(
    guarded: Service, link: Callable[[Service], Awaitable[str]], use: Opener
) -> None:
    token = await link(guarded)
    await spend_the_network(guarded)
    missed = await use(guarded, "palpite")
    assert (missed.status_code, missed.json()["code"]) == (429, "too_many_requests")
    assert int(missed.headers["retry-after"]) > 0
    opened = await use(guarded, token)
    assert opened.status_code in (200, 201, 204), opened.text
    assert (await use(guarded, token)).status_code == 429, "now it is one that opens nothing"


async def test_whoever_is_signed_in_accepts_whatever_their_network_has_tried(
    guarded: Service,
) -> None:
    maria, guest = await add_customer(guarded.platform), await add_customer(guarded.platform)
    await invite(guarded, maria.headers, guest.email, "invoices")
    token = await token_of(guarded, guest.email)
    await spend_the_network(guarded)
    assert (await accept(guarded, guest.headers, "palpite")).status_code == 429
    assert (await accept(guarded, guest.headers, token)).status_code == 201


async def test_good_links_cost_their_network_nothing(guarded: Service) -> None:
    token = await reset_link(guarded)
    weak = {"token": token, "new_password": "123"}
    for _ in range(MISSES + 5):
        answer = await guarded.client.post(f"{RESETS}/confirm", json=weak)
        assert answer.status_code == 422
    await spend_the_network(guarded)


async def test_a_link_of_another_door_is_a_miss(guarded: Service) -> None:
    token = await reset_link(guarded)
    for _ in range(MISSES):
        assert (await verify(guarded, token)).status_code == 403
    assert (await verify(guarded, token)).status_code == 429
    assert (await reset(guarded, token)).status_code == 204
