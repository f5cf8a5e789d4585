"""What becomes of an invitation's link: it is spent once, by whom it was meant for."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from app.models import (
    Login,
    Membership,
    PolicyAcceptance,
)
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    add_customer,
    add_member,
    bearer,
    change_columns,
)
from tests.support.post import token_sent_to
from tests.support.records import count, events, rows
from tests.support.service import Service
from tests.support.trust import INVITATIONS, accept, accept_as_new, code, invite, token_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sign_in(house: Service, email: str, account: Any = None) -> httpx.Response:
    form = {"username": email, "password": PASSWORD}
    if account is not None:
        form["customer_id"] = str(account)
    return await house.client.post("/v1/auth/customer/token", data=form)


async def member_of(house: Service, customer: CustomerPerson, email: str) -> Any:
    statement = (
        select(Membership.__table__)
        .join(Login, Login.id == Membership.login_id)
        .where(Membership.customer_id == customer.id, Login.email == email)
    )
    found = await rows(house.platform, statement)
    return found[0] if found else None


async def test_a_new_login_is_whole(house: Service) -> None:
    maria, email = await add_customer(house.platform), "inteiro@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    answer = await accept_as_new(house, await token_of(house, email))
    assert answer.status_code == 201, answer.text
    [login] = await rows(house.platform, select(Login.__table__).where(Login.email == email))
    assert (login.name, login.status, login.language) == ("Carlos Convidado", "active", "pt-BR")
    assert login.email_verified_at is not None
    accepted = select(PolicyAcceptance.version).where(PolicyAcceptance.login_id == login.id)
    assert await rows(house.platform, accepted) == [(1,)]
    member = await member_of(house, maria, email)
    assert (member.permissions, member.invited_by) == (("invoices",), maria.login_id)
    assert (await sign_in(house, email)).status_code == 200
    [event] = await events(house.platform, action="public:invitation:accept", actor_id=login.id)
    assert (event.subject_id, event.fields) == (maria.id, ("id", "status", "name"))
    log = await house.client.get("/v1/customer/access-log", headers=maria.headers)
    assert "public:invitation:accept" in [item["action"] for item in log.json()["items"]]


async def test_a_link_is_spent_once_even_by_two_at_once(house: Service) -> None:
    maria, email = await add_customer(house.platform), "corrida-nova@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    token = await token_of(house, email)
    before = await count(house.platform, Login), await count(house.platform, Membership)
    answers = await asyncio.gather(*(accept_as_new(house, token) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 403: 7}
    after = await count(house.platform, Login), await count(house.platform, Membership)
    assert after == (before[0] + 1, before[1] + 1)

    known = await add_customer(house.platform)
    await invite(house, maria.headers, known.email, "invoices")
    token = await token_of(house, known.email)
    answers = await asyncio.gather(*(accept(house, known.headers, token) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 403: 7}
    assert await count(house.platform, Membership) == after[1] + 2  # her own, and this one


async def test_one_address_asked_in_by_two_accounts_gets_one_login(house: Service) -> None:
    hosts = [await add_customer(house.platform) for _ in range(2)]
    email, tokens = "dois-convites@exemplo.com.br", []
    for host in hosts:
        await invite(house, host.headers, email, "invoices")
        tokens.append(await token_of(house, email))
    answers = await asyncio.gather(*(accept_as_new(house, token) for token in tokens))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 1}
    late = next(place for place, answer in enumerate(answers) if answer.status_code == 409)
    assert code(answers[late]) == (409, "login_exists")
    signed_in = bearer((await sign_in(house, email)).json()["access_token"])
    taken = await accept(house, signed_in, tokens[late])
    assert taken.status_code == 201, "a refused acceptance spends no token"
    listed = (await house.client.get("/v1/customer/accounts", headers=signed_in)).json()["items"]
    assert {item["id"] for item in listed} == {str(host.id) for host in hosts}


async def test_a_known_address_accepts_signed_in(house: Service) -> None:
    maria, known = await add_customer(house.platform), await add_customer(house.platform)
    await invite(house, maria.headers, known.email, "support", "backups")
    token = await token_of(house, known.email)
    assert code(await accept_as_new(house, token)) == (409, "login_exists")
    answer = await accept(house, known.headers, token)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "id": str(maria.id),
        "status": "active",
        "name": maria.row["name"],
        "permissions": ["support", "backups"],
    }
    there = await sign_in(house, known.email, maria.id)
    assert there.status_code == 200
    again = await accept(house, known.headers, token)
    assert code(again) == (403, "one_time_token_invalid")
    [verified] = await rows(
        house.platform, select(Login.email_verified_at).where(Login.id == known.login_id)
    )
    assert verified[0] is not None, "the link came to the address"


async def test_somebody_elses_invitation_is_not_ones_own(house: Service) -> None:
    maria, thief = await add_customer(house.platform), await add_customer(house.platform)
    await invite(house, maria.headers, "dono-do-convite@exemplo.com.br", "owner")
    token = await token_of(house, "dono-do-convite@exemplo.com.br")
    assert code(await accept(house, thief.headers, token)) == (403, "invitation_for_another")
    assert await member_of(house, maria, thief.email) is None
    assert (await accept_as_new(house, token)).status_code == 201, "and it is still good"


@pytest.mark.parametrize(
    "token",
    ["x", "\ud800" * 43, "a\u0000b", "A" * 43, "'; DROP TABLE logins; --", "á" * 43],
    ids=["short", "surrogates", "nul", "unknown", "sql", "letters"],
)
async def test_a_token_that_never_was_opens_nothing(house: Service, token: str) -> None:
    maria = await add_customer(house.platform)
    for path, more, headers in (
        ("/v1/public/invitations/accept", {"name": "A", "password": PASSWORD}, {}),
        (f"{INVITATIONS}/accept", {}, maria.headers),
    ):
        body: dict[str, Any] = {"token": token, **more}
        if more:
            body["accepted_policy_version"] = 1
        answer = await house.client.post(
            path,
            content=json.dumps(body).encode(),
            headers={**headers, "Content-Type": "application/json"},
        )
        assert code(answer) in (
            (403, "one_time_token_invalid"),
            (400, "malformed_json"),  # lone surrogates do not get that far
        )


async def test_a_token_of_another_purpose_is_no_invitation(house: Service) -> None:
    known = await add_customer(house.platform)
    recovery = await house.client.post("/v1/public/password-resets", json={"email": known.email})
    assert recovery.status_code == 202, recovery.text
    token = await token_sent_to(house.platform, known.email, "password_reset")
    assert code(await accept(house, known.headers, token)) == (403, "one_time_token_invalid")


async def test_a_link_is_good_for_seven_days(house: Service) -> None:
    maria, email = await add_customer(house.platform), "sete-dias@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    token = await token_of(house, email)
    try:
        house.clock.ahead = timedelta(days=7, seconds=1)
        assert code(await accept_as_new(house, token)) == (403, "one_time_token_invalid")
        house.clock.ahead = timedelta(days=6, hours=23)
        assert (await accept_as_new(house, token)).status_code == 201
    finally:
        house.clock.ahead = timedelta()


async def test_what_was_offered_is_measured_again_when_it_is_accepted(house: Service) -> None:
    maria = await add_customer(house.platform)
    later = house.clock() + timedelta(days=1)
    changes: list[dict[str, Any]] = [
        {"permissions": ("members",)},
        {"permissions": ("invoices",)},
        {"suspended_at": house.clock()},
        {"revoked_at": house.clock()},
        {"expires_at": later},
        {"expires_at": house.clock() - timedelta(seconds=1)},
    ]
    for number, change in enumerate(changes):
        giver = await add_member(house.platform, maria.id, "members", "invoices")
        email = f"medido-{number}@exemplo.com.br"
        assert (await invite(house, giver.headers, email, "invoices")).status_code == 201
        token = await token_of(house, email)
        async with house.platform.database.transaction() as connection:
            await connection.execute(
                update(Membership).where(Membership.id == giver.id).values(**change)
            )
        assert code(await accept_as_new(house, token)) == (409, "invitation_lapsed"), change
        async with house.platform.database.transaction() as connection:
            await connection.execute(
                update(Membership)
                .where(Membership.id == giver.id)
                .values(permissions=("owner",), suspended_at=None, revoked_at=None, expires_at=None)
            )
        assert (await accept_as_new(house, token)).status_code == 201, "no token was lost"


async def test_a_disabled_inviter_invites_nobody(house: Service) -> None:
    maria, email = await add_customer(house.platform), "desligado@exemplo.com.br"
    giver = await add_member(house.platform, maria.id, "owner")
    await invite(house, giver.headers, email, "invoices")
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == giver.login_id).values(status="disabled")
        )
    answer = await accept_as_new(house, await token_of(house, email))
    assert code(answer) == (409, "invitation_lapsed")


async def test_a_closed_account_asks_nobody_in(house: Service) -> None:
    maria, email = await add_customer(house.platform), "fechada@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    await change_columns(house.platform, maria.id, status="closed", closed_at=house.clock())
    answer = await accept_as_new(house, await token_of(house, email))
    assert code(answer) == (409, "invitation_lapsed")
    answer = await invite(house, maria.headers, "outra@exemplo.com.br", "invoices")
    assert code(answer) == (409, "account_closed")


async def test_whoever_has_no_account_left_comes_back_with_their_password(
    house: Service,
) -> None:
    maria, host = await add_customer(house.platform), await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    await house.client.delete(f"/v1/customer/members/{member.id}", headers=maria.headers)
    assert (await sign_in(house, member.email)).status_code == 401, "nothing to sign in to"
    for inviting in (host, maria):
        assert (await invite(house, inviting.headers, member.email, "support")).status_code == 201
    token = await token_of(house, member.email)
    wrong = await accept_as_new(house, token, password="Outra-senha-7-qualquer!")
    assert code(wrong) == (409, "login_exists")
    back = await accept_as_new(house, token)
    assert (back.status_code, back.json()["id"]) == (201, str(maria.id)), back.text
    place = await member_of(house, maria, member.email)
    assert (place.id, place.permissions, place.revoked_at) == (member.id, ("support",), None)
    [name] = await rows(house.platform, select(Login.name).where(Login.id == member.login_id))
    assert name == (member.name,), "the login is the one of before"
    assert (await sign_in(house, member.email)).status_code == 200
    old = await house.client.get("/v1/customer/membership", headers=member.headers)
    assert old.status_code == 401, "what was ended stays ended"


async def test_a_disabled_login_does_not_come_back_by_an_invitation(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    await house.client.delete(f"/v1/customer/members/{member.id}", headers=maria.headers)
    await invite(house, maria.headers, member.email, "invoices")
    token = await token_of(house, member.email)
    for closed, opened in (
        ({"status": "disabled"}, {"status": "active"}),
        ({"password_hash": None, "reset_required_at": house.clock()}, {}),
    ):
        async with house.platform.database.transaction() as connection:
            chosen = update(Login).where(Login.id == member.login_id)
            await connection.execute(chosen.values(**closed))
        assert code(await accept_as_new(house, token)) == (409, "login_exists")
        if opened:
            async with house.platform.database.transaction() as connection:
                await connection.execute(chosen.values(**opened))


async def test_a_revoked_member_does_not_come_back_by_an_old_link(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    await invite(house, maria.headers, other.email, "invoices")
    token = await token_of(house, other.email)
    async with house.platform.database.transaction() as connection:  # came in another way
        await connection.execute(
            insert(Membership).values(
                id=other.session_id,
                login_id=other.login_id,
                customer_id=maria.id,
                permissions=("invoices",),
                created_at=house.clock(),
            )
        )
    assert code(await accept(house, other.headers, token)) == (409, "already_member")
    gone = await house.client.delete(
        f"/v1/customer/members/{other.session_id}", headers=maria.headers
    )
    assert gone.status_code == 204
    assert code(await accept(house, other.headers, token)) == (403, "one_time_token_invalid")


async def test_the_password_is_judged_with_what_is_known_of_its_owner(house: Service) -> None:
    maria = await add_customer(house.platform, name="Floricultura Jasmim")
    email = "carlos.contador@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    token = await token_of(house, email)
    for password, reason in (
        ("Floricultura-2026!", "password_personal"),
        ("Convidado-Carlos-77!", "password_personal"),
        ("Password-123!", "password_common"),
        ("curta1!", "password_too_short"),
    ):
        answer = await accept_as_new(house, token, password=password)
        assert answer.status_code == 422, password
        assert reason in {error["code"] for error in answer.json()["errors"]}, answer.text
        assert password not in answer.text
    old = await accept_as_new(house, token, accepted_policy_version=2)
    assert code(old) == (422, "policy_version_not_current")
    assert (await accept_as_new(house, token)).status_code == 201
