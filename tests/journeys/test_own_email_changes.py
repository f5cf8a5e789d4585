"""The address that one signs in with, changed by whoever it is, with or without the profile."""

import httpx
import pytest

from tests.support.email_changing import (
    AWAITING,
    CONFIRM,
    CONFIRM_MAIL,
    NOTICE,
    OWN_LOGIN,
    REFUSED,
    TAKEN,
    UNDO,
    address,
    alike,
    code,
    emails,
    member,
    open_link,
    wish,
)
from tests.support.letters import letters_to, token_to
from tests.support.people import add_customer
from tests.support.service import Service
from tests.support.stage import comparable

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_anybody_may_change_the_address_of_their_own_login(house: Service) -> None:
    maria = await alike(house)
    accountant, headers = await member(house, maria, "invoices")
    assert code(await wish(house, maria, address(), headers)) == (403, "forbidden")
    new = address()
    answer = await house.client.post(OWN_LOGIN, json={"email": new}, headers=headers)
    assert (answer.status_code, answer.json()) == (202, AWAITING)
    assert await emails(house, accountant) == (accountant.email, None, accountant.email)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert (await open_link(house, CONFIRM, token)).status_code == 204
    assert await emails(house, accountant) == (accountant.email, None, new)
    assert await emails(house, maria) == (maria.email, None, maria.email)
    [notice] = await letters_to(house.platform, accountant.email)
    assert (notice.template, notice.params["signs_in"]) == (NOTICE, True)
    undone = await open_link(house, UNDO, notice.token)
    assert undone.status_code == 204
    assert await emails(house, accountant) == (accountant.email, None, accountant.email)


async def test_an_own_login_is_withdrawn_told_and_keyed_alike(house: Service) -> None:
    maria, joana, new = await alike(house), await alike(house), address()

    async def post(email: str, **headers: str) -> httpx.Response:
        return await house.client.post(
            OWN_LOGIN, json={"email": email}, headers={**maria.headers, **headers}
        )

    free, taken = await post(new), await post(joana.email)
    assert comparable(free) == comparable(taken)
    assert [letter.template for letter in await letters_to(house.platform, joana.email)] == [TAKEN]
    stale = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, stale)) == REFUSED
    key = {"Idempotency-Key": "um-endereco-uma-vez"}
    again = [await post(new, **key) for _ in range(3)]
    assert {(answer.status_code, answer.content) for answer in again} == {(202, free.content)}
    assert len(await letters_to(house.platform, new)) == 2
    withdrawn = await post(maria.email)
    assert (withdrawn.status_code, withdrawn.json()) == (202, {"status": "unchanged"})
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, token)) == REFUSED


async def test_a_login_alone_does_not_move_to_an_address_taken_meanwhile(
    house: Service,
) -> None:
    maria, new = await alike(house), address()
    await house.client.post(OWN_LOGIN, json={"email": new}, headers=maria.headers)
    await add_customer(house.platform, login_email=new)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, token)) == (409, "email_taken")
    assert (await emails(house, maria))[2] == maria.email
