"""The old address undoes a change for a week, over everything that came after."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from app.models import Session
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
    member,
    open_link,
    signs_in,
    wish,
)
from tests.support.letters import letters_to, token_to
from tests.support.people import PASSWORD, StaffPerson, add_customer, bearer
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_old_address_undoes_it_for_a_week_and_the_door_is_shut(
    house: Service, later: Any
) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    await house.client.post("/v1/customer/email-verification", headers=maria.headers)
    later(days=6, hours=23)
    tokens = (
        await house.client.post(
            "/v1/auth/customer/token", data={"username": new, "password": PASSWORD}
        )
    ).json()
    thief = bearer(tokens["access_token"])
    assert (await house.client.get(PROFILE, headers=thief)).status_code == 200
    notice = await token_to(house.platform, maria.email, NOTICE)
    answer = await open_link(house, UNDO, notice)
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    assert not await signs_in(house, maria.email)  # the thief knows the password
    assert await emails(house, maria) == (maria.email, None, maria.email)
    ended = await house.client.get(PROFILE, headers=thief)
    assert code(ended) == (401, "session_ended")
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert (await house.client.post("/v1/auth/refresh", json=refresh)).status_code == 401
    reasons = select(Session.end_reason).where(Session.login_id == maria.login_id)
    assert {row.end_reason for row in await rows(house.platform, reasons)} == {
        "email_change_undone"
    }
    recovery = (await letters_to(house.platform, maria.email))[-1]
    assert recovery.template == "password_reset"
    reset = await house.client.post(
        "/v1/public/password-resets/confirm",
        json={"token": recovery.token, "new_password": "Cinco-gatos-8-telhados!"},
    )
    assert reset.status_code == 204, reset.text
    assert not await signs_in(house, maria.email)
    assert code(await open_link(house, UNDO, notice)) == REFUSED


async def test_after_a_week_it_stays(house: Service, later: Any) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    notice = await token_to(house.platform, maria.email, NOTICE)
    later(days=7, seconds=1)
    assert code(await open_link(house, UNDO, notice)) == REFUSED
    assert await emails(house, maria) == (new, None, new)


async def test_links_that_went_to_the_new_address_die_with_it(house: Service) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    await house.client.post("/v1/public/password-resets", json={"email": new})
    stolen = await token_to(house.platform, new, "password_reset")
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert (await open_link(house, UNDO, notice)).status_code == 204
    reset = await house.client.post(
        "/v1/public/password-resets/confirm",
        json={"token": stolen, "new_password": "Cinco-gatos-8-telhados!"},
    )
    assert code(reset) == REFUSED


async def test_links_that_went_to_the_old_address_die_with_the_change(house: Service) -> None:
    maria, new = await alike(house), address()
    await house.client.post("/v1/public/password-resets", json={"email": maria.email})
    await house.client.post("/v1/customer/email-verification", headers=maria.headers)
    reset = await token_to(house.platform, maria.email, "password_reset")
    verify = await token_to(house.platform, maria.email, "email_verify")
    await changed(house, maria, new)
    body = {"token": reset, "new_password": "Cinco-gatos-8-telhados!"}
    late = await house.client.post("/v1/public/password-resets/confirm", json=body)
    assert code(late) == REFUSED
    assert code(await open_link(house, "/v1/public/email-verifications/confirm", verify)) == REFUSED


async def test_who_moved_it_twice_cannot_undo_the_undoing(house: Service) -> None:
    maria, second, third, fourth = await alike(house), address(), address(), address()
    await changed(house, maria, second)
    await changed(house, maria, third)
    await wish(house, maria, fourth)
    first_notice = await token_to(house.platform, maria.email, NOTICE)
    pending = await token_to(house.platform, fourth, CONFIRM_MAIL)
    assert (await open_link(house, UNDO, first_notice)).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)
    assert await letters_to(house.platform, second, NOTICE) == []
    assert code(await open_link(house, CONFIRM, pending)) == REFUSED
    assert await emails(house, maria) == (maria.email, None, maria.email)


async def test_an_undo_used_ten_times_at_once_works_once(house: Service) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    notice = await token_to(house.platform, maria.email, NOTICE)
    answers = await asyncio.gather(*(open_link(house, UNDO, notice) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 9
    recoveries = await letters_to(house.platform, maria.email, "password_reset")
    assert len(recoveries) == 1


async def test_an_old_address_that_is_another_logins_by_now_shuts_the_login_all_the_same(
    house: Service,
) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    other = await add_customer(house.platform, login_email=maria.email)
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert code(await open_link(house, UNDO, notice)) == (409, "email_taken")
    assert await emails(house, maria) == (maria.email, None, new)
    assert code(await house.client.get(PROFILE, headers=maria.headers)) == (401, "session_ended")
    assert not await signs_in(house, new)
    assert (await house.client.get(PROFILE, headers=other.headers)).status_code == 200
    [recovery] = await letters_to(house.platform, maria.email, "password_reset")
    assert recovery.row.login_id == maria.login_id


async def test_the_owner_undoes_what_a_member_did_and_the_member_gets_no_key(
    house: Service,
) -> None:
    maria = await alike(house)
    accountant, headers = await member(house, maria, "profile")
    new = address()
    await wish(house, maria, new, headers)
    await open_link(house, CONFIRM, await token_to(house.platform, new, CONFIRM_MAIL))
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert (await open_link(house, UNDO, notice)).status_code == 204
    assert (await emails(house, maria))[0] == maria.email
    for who in (maria.headers, headers, accountant.headers):
        assert (await house.client.get(PROFILE, headers=who)).status_code == 401
    [recovery] = await letters_to(house.platform, maria.email, "password_reset")
    assert recovery.row.login_id == maria.login_id
    assert await letters_to(house.platform, accountant.email) == []


async def test_staff_change_it_at_once_and_the_old_address_may_undo_it(
    house: Service, director: StaffPerson
) -> None:
    maria, wished, new = await alike(house), address(), address()
    await wish(house, maria, wished)
    one = f"/v1/staff/customers/{maria.id}"
    answer = await house.client.patch(
        one, json={"email": new}, headers={**director.headers, "If-Match": "*"}
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["email"], answer.json()["pending_email"]) == (new, None)
    # Whom one signs in as is nobody's to change but one's own.
    assert await emails(house, maria) == (new, None, maria.email)
    stale = await token_to(house.platform, wished, CONFIRM_MAIL)
    assert code(await open_link(house, CONFIRM, stale)) == REFUSED
    assert await letters_to(house.platform, new) == []
    [notice] = await letters_to(house.platform, maria.email)
    assert (notice.template, notice.language) == (NOTICE, "pt-BR")
    assert (notice.params["by_agency"], notice.params["signs_in"]) == (True, False)
    assert (await open_link(house, UNDO, notice.token)).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)
    assert (await house.client.get(PROFILE, headers=maria.headers)).status_code == 401
    await house.client.patch(
        one, json={"email": maria.email}, headers={**director.headers, "If-Match": "*"}
    )
    assert len(await letters_to(house.platform, maria.email, NOTICE)) == 1


async def test_the_deeds_stand_under_the_name_of_whoever_wanted_them(
    house: Service, director: StaffPerson
) -> None:
    maria = await alike(house)
    accountant, headers = await member(house, maria, "profile")
    new = address()
    await wish(house, maria, new, headers)
    await open_link(house, CONFIRM, await token_to(house.platform, new, CONFIRM_MAIL))
    await open_link(house, UNDO, await token_to(house.platform, maria.email, NOTICE))
    page = await house.client.get(
        f"/v1/staff/customers/{maria.id}/history", headers=director.headers
    )
    told = [
        (item["field"], item["old_value"], item["new_value"], item["actor_kind"], item["role"])
        for item in reversed(page.json()["items"])
    ]
    assert told == [
        ("pending_email", None, new, "login", "self"),
        ("email", maria.email, new, "login", "self"),
        ("pending_email", new, None, "login", "self"),
        ("email", new, maria.email, "anonymous", "public"),
    ]
    by = [item["actor_id"] for item in reversed(page.json()["items"])]
    assert by == [str(accountant.login_id)] * 3 + [None]


async def test_each_step_is_on_record_without_an_address_or_a_link(house: Service) -> None:
    maria, new = await alike(house), address()
    asked = await wish(house, maria, new)
    token = await token_to(house.platform, new, CONFIRM_MAIL)
    confirmed = await open_link(house, CONFIRM, token)
    notice = await token_to(house.platform, maria.email, NOTICE)
    undone = await open_link(house, UNDO, notice)
    for answer, action in (
        (asked, "customer:customer:update"),
        (confirmed, "public:email:change"),
        (undone, "public:email:undo"),
    ):
        found = await events(house.platform, request_id=answer.headers["x-request-id"])
        assert found[0].action == action
        assert found[0].subject_id == maria.id
        for secret in (token, notice, new, maria.email):
            assert secret not in str([tuple(row) for row in found])
    own = await house.client.post(OWN_LOGIN, json={"email": new}, headers=maria.headers)
    assert own.status_code == 401  # undoing has ended every session


async def test_whatever_comes_at_once_ends_in_one_state(house: Service) -> None:
    """Each of these locks some of what the others do: none may wait for another for ever."""
    for _ in range(6):
        maria, second, third, fourth = await alike(house), address(), address(), address()
        await changed(house, maria, second)
        await house.client.post("/v1/public/password-resets", json={"email": second})
        reset = await token_to(house.platform, second, "password_reset")
        notice = await token_to(house.platform, maria.email, NOTICE)
        await wish(house, maria, third)
        pending = await token_to(house.platform, third, CONFIRM_MAIL)
        body = {"token": reset, "new_password": "Cinco-gatos-8-telhados!"}
        answers = await asyncio.gather(
            open_link(house, CONFIRM, pending),
            open_link(house, UNDO, notice),
            wish(house, maria, fourth),
            house.client.post("/v1/public/password-resets/confirm", json=body),
            house.client.post("/v1/customer/email-verification", headers=maria.headers),
        )
        assert {answer.status_code for answer in answers} <= {200, 202, 204, 401, 403}
        assert answers[1].status_code == 204
        stands, waits, login = await emails(house, maria)
        assert stands == login == maria.email
        assert waits in (None, fourth)
