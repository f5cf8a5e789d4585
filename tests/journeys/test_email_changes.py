"""Another e-mail address: pending until its link is opened, undone by the old one for a week."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.models import Customer, CustomerChange, EmailChange, Login, Membership, Session
from app.services import email_changes
from tests.support.letters import letters_to, token_to
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    StaffPerson,
    add_customer,
    bearer,
    open_customer_session,
)
from tests.support.records import events, rows
from tests.support.service import Service, serving
from tests.support.stage import Tap, comparable

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILE = "/v1/customer/profile"
OWN_LOGIN = "/v1/customer/email-changes"
CONFIRM = "/v1/public/email-changes/confirm"
UNDO = "/v1/public/email-changes/undo"
CONFIRM_MAIL, NOTICE, TAKEN = "email_change_confirm", "email_change_notice", "email_change_taken"
AWAITING = {"status": "awaiting_confirmation", "expires_in": 86400}
REFUSED = (403, "one_time_token_invalid")

_numbers = iter(range(1, 10_000))


def address(word: str = "nova") -> str:
    """One that nobody has."""
    return f"{word}-{next(_numbers)}@exemplo.com.br"


async def alike(house: Service, **columns: Any) -> CustomerPerson:
    """A customer whose account and login have the same address, as registration makes them."""
    email = address("maria")
    return await add_customer(house.platform, login_email=email, email=email, **columns)


async def wish(
    house: Service, maria: CustomerPerson, email: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await house.client.patch(
        PROFILE,
        json={"email": email},
        headers={**(headers or maria.headers), "If-Match": "*"},
    )


async def open_link(house: Service, path: str, token: str) -> httpx.Response:
    return await house.client.post(path, json={"token": token})


async def changed(house: Service, maria: CustomerPerson, email: str) -> None:
    """Wish for an address and confirm it."""
    assert (await wish(house, maria, email)).status_code == 200
    token = await token_to(house.platform, email, CONFIRM_MAIL)
    answer = await open_link(house, CONFIRM, token)
    assert (answer.status_code, answer.content) == (204, b""), answer.text


async def emails(house: Service, maria: CustomerPerson) -> tuple[str, str | None, str]:
    """The account's address, the pending one, and the login's."""
    [row] = await rows(
        house.platform,
        select(Customer.email, Customer.pending_email, Login.email.label("login"))
        .join(Membership, Membership.customer_id == Customer.id)
        .join(Login, Login.id == Membership.login_id)
        .where(Customer.id == maria.id, Login.id == maria.login_id),
    )
    return row.email, row.pending_email, row.login


async def signs_in(house: Service, email: str) -> bool:
    form = {"username": email, "password": PASSWORD}
    answer = await house.client.post("/v1/auth/customer/token", data=form)
    return answer.status_code == 200


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest_asyncio.fixture(loop_scope="module")
async def later(house: Service) -> AsyncIterator[Any]:
    """Moves the clock; it is put back after the test."""

    def move(**ahead: float) -> None:
        house.clock.ahead = timedelta(**ahead)

    yield move
    house.clock.ahead = timedelta()


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


async def member(
    house: Service, maria: CustomerPerson, *permissions: str
) -> tuple[CustomerPerson, dict[str, str]]:
    """Somebody with permissions in her account, and the headers of their session there."""
    other = await alike(house)
    token = await open_customer_session(house.platform, other.login_id, maria.id, permissions)
    return other, bearer(token)


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
    second_notice = await token_to(house.platform, second, NOTICE)
    pending = await token_to(house.platform, fourth, CONFIRM_MAIL)
    assert (await open_link(house, UNDO, first_notice)).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)
    assert code(await open_link(house, UNDO, second_notice)) == REFUSED
    assert code(await open_link(house, CONFIRM, pending)) == REFUSED
    assert await emails(house, maria) == (maria.email, None, maria.email)


async def test_undoing_the_second_change_leaves_the_first_to_be_undone(house: Service) -> None:
    maria, second, third = await alike(house), address(), address()
    await changed(house, maria, second)
    await changed(house, maria, third)
    assert (
        await open_link(house, UNDO, await token_to(house.platform, second, NOTICE))
    ).status_code == 204
    assert await emails(house, maria) == (second, None, second)
    assert (
        await open_link(house, UNDO, await token_to(house.platform, maria.email, NOTICE))
    ).status_code == 204
    assert await emails(house, maria) == (maria.email, None, maria.email)


async def test_an_undo_used_ten_times_at_once_works_once(house: Service) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    notice = await token_to(house.platform, maria.email, NOTICE)
    answers = await asyncio.gather(*(open_link(house, UNDO, notice) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 9
    recoveries = await letters_to(house.platform, maria.email, "password_reset")
    assert len(recoveries) == 1


async def test_an_old_address_that_is_another_logins_by_now_comes_back_nowhere(
    house: Service,
) -> None:
    maria, new = await alike(house), address()
    await changed(house, maria, new)
    await add_customer(house.platform, login_email=maria.email)
    notice = await token_to(house.platform, maria.email, NOTICE)
    assert code(await open_link(house, UNDO, notice)) == (409, "email_taken")
    assert await emails(house, maria) == (new, None, new)
    assert (await house.client.get(PROFILE, headers=maria.headers)).status_code == 200


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
