"""Addresses of others, people who may not any more, accounts that are closed: nothing moves."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from app.models import Customer, Login, Membership
from tests.support.email_changing import (
    CONFIRM,
    CONFIRM_MAIL,
    NOTICE,
    REFUSED,
    TAKEN,
    address,
    alike,
    changed,
    code,
    emails,
    member,
    open_link,
    wish,
)
from tests.support.letters import letters_to, token_to
from tests.support.people import add_customer
from tests.support.service import Service
from tests.support.stage import Tap, comparable

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_taken_address_is_answered_alike_and_told_itself(house: Service) -> None:
    maria, joana = await alike(house), await alike(house)
    free = joana.email.replace("maria", "livre")
    tap, exchanges = Tap(), []
    tap.open(house.platform)
    for email in (joana.email, free):
        tap.clear()
        answer = await wish(house, maria, email)
        assert answer.json()["pending_email"] == email
        status, headers, body = comparable(answer)
        headers = [pair for pair in headers if pair[0] != "etag"]
        # Whether the session is looked up depends on when it was last.
        sent = [text for text in tap.statements if not text.startswith("SELECT sessions.id,")]
        exchanges.append((status, headers, body.replace(email.encode(), b"-"), sent))
        await wish(house, maria, maria.email)
    assert exchanges[0] == exchanges[1]
    [told] = await letters_to(house.platform, joana.email)
    assert (told.template, told.secret) == (TAKEN, {})
    assert told.row.login_id == joana.login_id
    assert maria.email not in str(told)
    assert [letter.template for letter in await letters_to(house.platform, free)] == [CONFIRM_MAIL]


async def test_a_taken_address_moves_nothing(house: Service) -> None:
    maria, joana = await alike(house), await alike(house)
    spelled = joana.email.replace("maria", "MARIA")
    await wish(house, maria, spelled)
    assert await emails(house, maria) == (maria.email, spelled, maria.email)
    assert await emails(house, joana) == (joana.email, None, joana.email)
    assert [letter.template for letter in await letters_to(house.platform, joana.email)] == [TAKEN]
    assert await letters_to(house.platform, spelled) == []


async def test_an_account_may_have_the_address_of_one_of_its_people(house: Service) -> None:
    maria, accountant = await add_customer(house.platform), await alike(house)
    await changed(house, maria, accountant.email)
    assert (await emails(house, maria))[0] == accountant.email
    assert (await emails(house, accountant))[2] == accountant.email


async def test_an_address_that_was_taken_meanwhile_moves_the_account_alone(
    house: Service,
) -> None:
    maria, joana, new = await alike(house), await alike(house), address()
    await wish(house, maria, new)
    await wish(house, joana, new)
    hers, mine = [letter.token for letter in await letters_to(house.platform, new)]
    assert (await open_link(house, CONFIRM, hers)).status_code == 204
    assert (await open_link(house, CONFIRM, mine)).status_code == 204
    assert await emails(house, maria) == (new, None, new)
    assert await emails(house, joana) == (new, None, joana.email)


async def test_two_logins_that_want_one_address_at_once_do_not_both_get_it(
    house: Service,
) -> None:
    people, new = [await alike(house) for _ in range(4)], address()
    for person in people:
        await wish(house, person, new)
    tokens = [letter.token for letter in await letters_to(house.platform, new)]
    answers = await asyncio.gather(*(open_link(house, CONFIRM, token) for token in tokens))
    assert {answer.status_code for answer in answers} == {204}
    logins = [(await emails(house, person))[2] for person in people]
    assert logins.count(new) == 1


async def test_a_wish_and_its_confirmation_at_once_end_in_one_state(house: Service) -> None:
    maria = await alike(house)
    for _ in range(5):
        first, second = address(), address()
        await wish(house, maria, first)
        token = await token_to(house.platform, first, CONFIRM_MAIL)
        confirmed, wished = await asyncio.gather(
            open_link(house, CONFIRM, token), wish(house, maria, second)
        )
        assert wished.status_code == 200
        assert confirmed.status_code in (204, 403)
        stands, pending, login = await emails(house, maria)
        assert stands == login
        assert (stands == first) == (confirmed.status_code == 204)
        assert pending in (second, None)
        assert pending == second or confirmed.status_code == 204


async def test_a_member_may_change_the_account_but_never_anothers_login(house: Service) -> None:
    maria = await alike(house)
    accountant, headers = await member(house, maria, "profile")
    new = address()
    assert (await wish(house, maria, new, headers)).json()["pending_email"] == new
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert (await open_link(house, CONFIRM, token)).status_code == 204
    assert await emails(house, maria) == (new, None, maria.email)
    assert await emails(house, accountant) == (accountant.email, None, accountant.email)
    assert [letter.template for letter in await letters_to(house.platform, maria.email)] == [NOTICE]


async def test_the_link_of_somebody_who_may_not_any_more_opens_nothing(house: Service) -> None:
    maria = await alike(house)
    for column in ("revoked_at", "suspended_at", "expires_at", "permissions"):
        accountant, headers = await member(house, maria, "profile")
        new = address()
        await wish(house, maria, new, headers)
        value: Any = ("invoices",) if column == "permissions" else house.clock()
        async with house.platform.database.transaction() as connection:
            await connection.execute(
                update(Membership)
                .where(
                    Membership.login_id == accountant.login_id, Membership.customer_id == maria.id
                )
                .values(**{column: value})
            )
        token = await token_to(house.platform, new, CONFIRM_MAIL)
        assert code(await open_link(house, CONFIRM, token)) == REFUSED, column
        assert (await emails(house, maria))[0] == maria.email


@pytest.mark.parametrize("status", ["closed", "erased"])
async def test_a_closed_account_keeps_its_address(house: Service, status: str) -> None:
    maria, new = await alike(house), address()
    await wish(house, maria, new)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Customer)
            .where(Customer.id == maria.id)
            .values(status=status, closed_at=house.clock())
        )
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, token)) == REFUSED
    assert (await emails(house, maria))[0] == maria.email


async def test_a_disabled_login_confirms_nothing(house: Service) -> None:
    maria, new = await alike(house), address()
    await wish(house, maria, new)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(status="disabled")
        )
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, token)) == REFUSED
