"""Another e-mail address: pending until its link is opened, and then in its place."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models import CustomerChange, EmailChange, Login
from app.services import email_changes
from tests.support.email_changing import (
    CONFIRM,
    CONFIRM_MAIL,
    NOTICE,
    OWN_LOGIN,
    PROFILE,
    REFUSED,
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
from tests.support.people import StaffPerson, add_customer
from tests.support.records import rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_wish_changes_nothing_but_what_is_pending(house: Service) -> None:
    maria, new = await alike(house), address()
    answer = await wish(house, maria, new)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["email"], shown["pending_email"]) == (maria.email, new)
    assert await emails(house, maria) == (maria.email, new, maria.email)
    [letter] = await letters_to(house.platform, new)
    assert (letter.template, letter.row.customer_id) == (CONFIRM_MAIL, maria.id)
    assert letter.secret["link"].startswith("http://127.0.0.1:8000/confirm-new-email#token=")
    assert await letters_to(house.platform, maria.email) == []
    assert await signs_in(house, maria.email)
    assert not await signs_in(house, new)


async def test_the_link_moves_both_addresses_and_tells_the_old_one(house: Service) -> None:
    maria, new = await alike(house), address()
    before = house.clock()
    await changed(house, maria, new)
    assert await emails(house, maria) == (new, None, new)
    [login] = await rows(house.platform, select(Login).where(Login.id == maria.login_id))
    assert before <= login.email_verified_at <= house.clock()
    assert await signs_in(house, new)
    assert not await signs_in(house, maria.email)
    assert (await house.client.get(PROFILE, headers=maria.headers)).status_code == 200
    [notice] = await letters_to(house.platform, maria.email)
    assert (notice.template, notice.params["signs_in"]) == (NOTICE, True)
    assert notice.params["by_agency"] is False
    assert new not in str(notice)
    assert notice.secret["link"].startswith("http://127.0.0.1:8000/undo-new-email#token=")


async def test_the_key_moves_with_the_address(house: Service, director: StaffPerson) -> None:
    maria, new = await alike(house), address("Nova.Maria")
    await changed(house, maria, new)
    found = await house.client.get(
        "/v1/staff/customers", params={"email": new.lower()}, headers=director.headers
    )
    assert [item["id"] for item in found.json()["items"]] == [str(maria.id)]


async def test_a_login_with_an_address_of_its_own_keeps_it(house: Service) -> None:
    maria = await add_customer(house.platform)  # the account's address is not the login's
    new = address()
    await changed(house, maria, new)
    assert await emails(house, maria) == (new, None, maria.email)
    assert await letters_to(house.platform, maria.email) == []
    [notice] = await letters_to(house.platform, maria.row["email"])
    assert (notice.template, notice.params["signs_in"]) == (NOTICE, False)


async def test_a_link_works_once(house: Service) -> None:
    maria, new = await alike(house), address()
    await wish(house, maria, new)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    answers = await asyncio.gather(*(open_link(house, CONFIRM, token) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 9
    assert code(await open_link(house, CONFIRM, token)) == REFUSED
    assert len(await letters_to(house.platform, maria.email)) == 1


async def test_a_link_expires_after_a_day_and_the_wish_lapses(house: Service, later: Any) -> None:
    maria, new = await alike(house), address()
    await wish(house, maria, new)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    later(hours=23, minutes=59)
    await email_changes.lapse(house.platform)
    assert (await emails(house, maria))[1] == new
    later(hours=24, seconds=1)
    assert code(await open_link(house, CONFIRM, token)) == REFUSED
    await email_changes.lapse(house.platform)
    await email_changes.lapse(house.platform)
    assert await emails(house, maria) == (maria.email, None, maria.email)
    noted = select(CustomerChange).where(CustomerChange.customer_id == maria.id)
    last = (await rows(house.platform, noted.order_by(CustomerChange.id)))[-1]
    assert (last.field, last.old_value, last.new_value) == ("pending_email", new, None)
    assert (last.actor_kind, last.role) == ("system", None)


async def test_another_wish_takes_the_place_of_the_first(house: Service) -> None:
    maria, first, second = await alike(house), address(), address()
    await wish(house, maria, first)
    assert (await wish(house, maria, second)).json()["pending_email"] == second
    stale = await token_to(house.platform, first, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, stale)) == REFUSED
    good = await token_to(house.platform, second, CONFIRM_MAIL)
    assert (await open_link(house, CONFIRM, good)).status_code == 204
    assert await emails(house, maria) == (second, None, second)


async def test_the_address_that_stands_withdraws_a_wish(house: Service, later: Any) -> None:
    maria, new = await alike(house), address()
    await wish(house, maria, new)
    later(minutes=6)  # what makes nothing worse wants no proof of presence
    answer = await wish(house, maria, maria.email)
    assert (answer.status_code, answer.json()["pending_email"]) == (200, None)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, token)) == REFUSED
    assert (await wish(house, maria, maria.email)).status_code == 200  # nothing to withdraw


async def test_another_spelling_is_another_address_of_the_same_login(house: Service) -> None:
    maria = await alike(house)
    spelled = maria.email.replace("maria", "Maria")
    await changed(house, maria, spelled)
    assert await emails(house, maria) == (spelled, None, spelled)
    assert await signs_in(house, maria.email)


async def test_it_wants_a_fresh_proof_of_presence(
    house: Service, director: StaffPerson, later: Any
) -> None:
    maria, new = await alike(house), address()
    later(minutes=6)
    refused = [
        await wish(house, maria, new),
        await house.client.post(OWN_LOGIN, json={"email": new}, headers=maria.headers),
        await house.client.patch(
            f"/v1/staff/customers/{maria.id}",
            json={"email": new},
            headers={**director.headers, "If-Match": "*"},
        ),
    ]
    for answer in refused:
        assert code(answer) == (401, "step_up_required")
        assert "max_age" in answer.headers["www-authenticate"]
    assert await emails(house, maria) == (maria.email, None, maria.email)
    assert await letters_to(house.platform, new) == []
    # What else one may change wants none, and the address that stands is no change.
    for body in ({"phone": None}, {"email": maria.email, "phone": "(11) 91234-5678"}):
        answer = await house.client.patch(
            PROFILE, json=body, headers={**maria.headers, "If-Match": "*"}
        )
        assert answer.status_code == 200, answer.text


async def test_what_is_changed_beside_it_counts_at_once(house: Service) -> None:
    maria, new = await alike(house), address()
    answer = await house.client.patch(
        PROFILE,
        json={"email": new, "phone": None, "name": "Maria Nova"},
        headers={**maria.headers, "If-Match": "*"},
    )
    shown = answer.json()
    assert (shown["email"], shown["phone"], shown["name"]) == (maria.email, None, "Maria Nova")
    assert shown["pending_email"] == new


@pytest.mark.parametrize("path", [CONFIRM, UNDO])
@pytest.mark.parametrize("token", ["x" * 43, "\u0000", "' OR 1=1 --", "é" * 43])
async def test_what_is_no_link_opens_nothing(
    house: Service, untouched: None, path: str, token: str
) -> None:
    assert code(await open_link(house, path, token)) == REFUSED


async def test_one_link_does_not_do_the_others_work(house: Service) -> None:
    maria, new = await alike(house), address()
    await wish(house, maria, new)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    assert code(await open_link(house, UNDO, token)) == REFUSED
    assert (await open_link(house, CONFIRM, token)).status_code == 204
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert code(await open_link(house, CONFIRM, notice)) == REFUSED
    assert (await open_link(house, UNDO, notice)).status_code == 204


async def test_nobody_has_us_write_to_many_addresses(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as busy:
        maria = await alike(busy)
        answers = [await wish(busy, maria, address()) for _ in range(8)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        wishes = select(EmailChange).where(EmailChange.customer_id == maria.id)
        assert len(await rows(busy.platform, wishes)) == statuses.count(200)
