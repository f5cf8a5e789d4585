"""A thief with a stolen session moves the address: nothing that is mailed hands them the login."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.models import CustomerChange, EmailChange, Intervention, OneTimeToken
from app.services import email_chains
from tests.support.email_changing import (
    CONFIRM,
    CONFIRM_MAIL,
    NOTICE,
    OWN_LOGIN,
    REFUSED,
    TAKEN,
    UNDO,
    address,
    alike,
    changed,
    code,
    emails,
    open_link,
    signs_in,
    wish,
)
from tests.support.letters import letters_to, token_to
from tests.support.people import CustomerPerson, StaffPerson, add_customer
from tests.support.records import rows
from tests.support.service import Service
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGAIN = "email_changed_again"
RESET = "/v1/public/password-resets/confirm"
FRESH = "Cinco-gatos-8-telhados!"


async def intervene(house: Service, director: StaffPerson, maria: CustomerPerson) -> None:
    order = {
        "login_id": str(maria.login_id),
        "reason_code": "suspected_breach",
        "reason_text": "Vimos uma entrada estranha na sua conta.",
    }
    answer = await house.client.post(
        "/v1/staff/interventions", json=order, headers=director.headers
    )
    assert answer.status_code == 201, answer.text


async def undo_links(house: Service) -> int:
    good = select(OneTimeToken).where(
        OneTimeToken.purpose == email_chains.UNDOING, OneTimeToken.spent_at.is_(None)
    )
    return len(await rows(house.platform, good))


async def test_moving_it_back_gives_the_thiefs_address_no_link(house: Service) -> None:
    maria, thief = await alike(house), address("ladrao")
    before = await undo_links(house)
    await changed(house, maria, thief)
    notice = await token_to(house.platform, maria.email, NOTICE)
    await changed(house, maria, maria.email)
    assert await emails(house, maria) == (maria.email, None, maria.email)
    told = await letters_to(house.platform, thief)
    assert [letter.template for letter in told] == [CONFIRM_MAIL, AGAIN]
    assert told[-1].secret == {}
    assert code(await open_link(house, UNDO, notice)) == REFUSED  # it is undone
    assert await undo_links(house) == before
    # The chain has ended: the next change is the first of another.
    await changed(house, maria, address())
    assert len(await letters_to(house.platform, maria.email, NOTICE)) == 2


async def test_only_the_address_before_every_change_undoes_and_undoes_them_all(
    house: Service,
) -> None:
    maria, second, third = await alike(house), address(), address()
    before = await undo_links(house)
    await changed(house, maria, second)
    await changed(house, maria, third)
    assert await undo_links(house) == before + 1
    assert [letter.secret for letter in await letters_to(house.platform, second, AGAIN)] == [{}]
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert (await open_link(house, UNDO, notice)).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)
    assert await undo_links(house) == before


async def test_a_chain_is_over_after_a_week(house: Service, later: Any) -> None:
    maria, second = await alike(house), address()
    await wish(house, maria, second)
    token = await token_to(house.platform, second, CONFIRM_MAIL)
    assert (await open_link(house, CONFIRM, token)).status_code == 204
    later(days=7, seconds=1)
    assert await signs_in(house, second)
    form = {"username": second, "password": maria.password}
    pair = (await house.client.post("/v1/auth/customer/token", data=form)).json()
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    third = address()
    await wish(house, maria, third, headers)
    token = await token_to(house.platform, third, CONFIRM_MAIL)
    assert (await open_link(house, CONFIRM, token)).status_code == 204
    assert len(await letters_to(house.platform, second, NOTICE)) == 1


async def test_staff_who_put_it_back_leave_the_login_to_be_undone(
    house: Service, director: StaffPerson
) -> None:
    maria, thief = await alike(house), address("ladrao")
    await changed(house, maria, thief)
    answer = await house.client.patch(
        f"/v1/staff/customers/{maria.id}",
        json={"email": maria.email},
        headers={**director.headers, "If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text
    assert await emails(house, maria) == (maria.email, None, thief)
    assert await letters_to(house.platform, thief, NOTICE) == []
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert (await open_link(house, UNDO, notice)).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)


async def test_an_intervention_takes_the_address_back_and_writes_there(
    house: Service, director: StaffPerson
) -> None:
    maria, second, third = await alike(house), address("ladrao"), address("ladrao")
    await changed(house, maria, second)
    await changed(house, maria, third)
    await intervene(house, director, maria)
    assert await emails(house, maria) == (maria.email, None, maria.email)
    for stolen in (second, third):
        assert await letters_to(house.platform, stolen, "intervention") == []
    [letter] = await letters_to(house.platform, maria.email, "intervention")
    noted = select(CustomerChange).where(CustomerChange.customer_id == maria.id)
    last = (await rows(house.platform, noted.order_by(CustomerChange.id)))[-1]
    assert (last.field, last.old_value, last.new_value) == ("email", third, maria.email)
    assert last.actor_kind == "system"
    # Its owner still holds the link of the first change: it brings no harm.
    notice = await token_to(house.platform, maria.email, NOTICE)
    reset = await house.client.post(RESET, json={"token": letter.token, "new_password": FRESH})
    assert reset.status_code == 204, reset.text
    assert (await open_link(house, UNDO, notice)).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)
    assert code(await open_link(house, UNDO, notice)) == REFUSED


async def test_an_intervention_writes_to_the_anchor_though_it_is_another_logins(
    house: Service, director: StaffPerson
) -> None:
    maria, thief = await alike(house), address("ladrao")
    await changed(house, maria, thief)
    await add_customer(house.platform, login_email=maria.email)
    await intervene(house, director, maria)
    assert (await emails(house, maria))[2] == thief
    assert await letters_to(house.platform, thief, "intervention") == []
    [letter] = await letters_to(house.platform, maria.email, "intervention")
    assert letter.row.login_id == maria.login_id
    done = select(Intervention).where(Intervention.login_id == maria.login_id)
    assert len(await rows(house.platform, done)) == 1


async def test_a_change_of_the_week_before_stays_in_an_intervention(
    house: Service, director: StaffPerson
) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(EmailChange)
            .where(EmailChange.login_id == maria.login_id)
            .values(confirmed_at=house.clock() - email_chains.UNDONE_WITHIN)
        )
    await intervene(house, director, maria)
    assert await emails(house, maria) == (new, None, new)
    assert len(await letters_to(house.platform, new, "intervention")) == 1


async def test_nobody_registers_with_an_address_that_may_come_back(
    house: Service, later: Any
) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    form = registration(email=maria.email.upper())
    answer = await house.client.post("/v1/public/registrations", json=form)
    assert code(answer) == (409, "email_taken")
    later(days=7, seconds=1)
    answer = await house.client.post("/v1/public/registrations", json=form)
    assert answer.status_code == 201, answer.text


async def test_nobody_moves_to_an_address_that_may_come_back(house: Service) -> None:
    maria, joana, new = await alike(house), await alike(house), address()
    await changed(house, maria, new)
    body = {"email": maria.email}
    asked = await house.client.post(OWN_LOGIN, json=body, headers=joana.headers)
    assert asked.status_code == 202
    letters = await letters_to(house.platform, maria.email)
    assert [letter.template for letter in letters] == [NOTICE, TAKEN]
    assert await letters_to(house.platform, new, TAKEN) == []


async def test_a_wish_of_before_does_not_take_the_address_that_was_freed(house: Service) -> None:
    maria, joana, between = await alike(house), await alike(house), address()
    await wish(house, joana, between)
    hers = await token_to(house.platform, between, CONFIRM_MAIL)
    await changed(house, maria, between)
    async with house.platform.database.transaction() as connection:
        await connection.execute(  # a week later the first of them is past undoing
            update(EmailChange)
            .where(EmailChange.login_id == maria.login_id)
            .values(confirmed_at=house.clock() - email_chains.UNDONE_WITHIN)
        )
    await changed(house, maria, address())
    assert (await open_link(house, CONFIRM, hers)).status_code == 204
    assert await emails(house, joana) == (between, None, joana.email)


async def test_nobody_is_invited_into_an_address_that_may_come_back(house: Service) -> None:
    maria, owner, new = await alike(house), await alike(house), address()
    await changed(house, maria, new)
    invited = await house.client.post(
        "/v1/customer/invitations",
        json={"email": maria.email, "set": "financeiro"},
        headers=owner.headers,
    )
    assert invited.status_code == 201, invited.text
    acceptance = {
        "token": await token_to(house.platform, maria.email, "invitation"),
        "name": "Outra Pessoa",
        "password": FRESH,
        "accepted_policy_version": registration()["accepted_policy_version"],
    }
    answer = await house.client.post("/v1/public/invitations/accept", json=acceptance)
    assert answer.json()["code"] == "login_exists"
