"""Changing one's own password, as a customer and as staff."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.models import Login, Session, StaffMember
from app.security.passwords import PasswordHasher
from app.services import one_time_tokens
from app.services.mail_templates import MailTemplates
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    bearer,
    open_customer_session,
)
from tests.support.post import mails
from tests.support.records import events, rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW = "viola-em-3-cacos!"
HEADERS = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/145.0"}
PATHS = {"customer": "/v1/customer/password", "staff": "/v1/staff/password"}
SIGN_IN = {"customer": "/v1/auth/customer/token", "staff": "/v1/auth/staff/token"}
Person = CustomerPerson | StaffPerson


async def someone(house: Service, kind: str) -> Person:
    if kind == "customer":
        return await add_customer(house.platform)
    return await add_staff(house.platform, "systems_engineer")


async def change(
    house: Service, kind: str, person: Person, current: str = PASSWORD, new: str = NEW
) -> httpx.Response:
    return await house.client.put(
        PATHS[kind],
        json={"current_password": current, "new_password": new},
        headers=person.headers | HEADERS,
    )


async def enter(house: Service, kind: str, person: Person, password: str) -> httpx.Response:
    form = {"username": person.email, "password": password}
    if isinstance(person, StaffPerson):
        form["totp"] = person.code(house.clock())
    return await house.client.post(SIGN_IN[kind], data=form)


async def alive(house: Service, kind: str, token: str) -> bool:
    path = "/v1/customer/profile" if kind == "customer" else "/v1/staff/visibility"
    return (await house.client.get(path, headers=bearer(token))).status_code == 200


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize("kind", ["customer", "staff"])
async def test_the_new_password_opens_and_the_old_one_does_not(house: Service, kind: str) -> None:
    person = await someone(house, kind)
    house.clock.ahead += timedelta(seconds=60)  # another code of the authenticator
    elsewhere = (await enter(house, kind, person, PASSWORD)).json()
    assert await alive(house, kind, elsewhere["access_token"])

    answer = await change(house, kind, person)
    assert (answer.status_code, answer.content) == (204, b"")

    assert await alive(house, kind, person.token), "the caller's own session goes on"
    assert not await alive(house, kind, elsewhere["access_token"])
    renewal = {"refresh_token": elsewhere["refresh_token"]}
    assert (await house.client.post("/v1/auth/refresh", json=renewal)).status_code == 401
    house.clock.ahead += timedelta(seconds=60)
    assert (await enter(house, kind, person, PASSWORD)).status_code == 401
    assert (await enter(house, kind, person, NEW)).status_code == 200


@pytest.mark.parametrize("kind", ["customer", "staff"])
async def test_the_change_is_told_by_mail_and_on_record(house: Service, kind: str) -> None:
    person = await someone(house, kind)
    answer = await change(house, kind, person)
    [mail] = await mails(house.platform, recipient=person.email)
    assert (mail.template, mail.state, mail.sealed) == ("password_changed", "queued", None)
    assert mail.params["device"] == "Firefox, Windows"
    assert mail.params["by_link"] is False
    holder = person.login_id if isinstance(person, CustomerPerson) else person.id
    known = (mail.login_id, mail.staff_id)
    assert known == ((holder, None) if kind == "customer" else (None, holder))
    assert (mail.params["recovery_link"] is None) is (kind == "staff")
    rendered = MailTemplates("Agência").render(mail.template, "pt-BR", mail.params)
    assert "senha mudou" in rendered.subject
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.outcome) == (f"{kind}:password:update", "allowed")
    assert (event.actor_id, event.subject_id) == (holder, holder)
    for row in (mail, event):
        assert not any(secret in repr(row) for secret in (NEW, PASSWORD, "argon2"))


async def test_only_the_password_and_what_hangs_on_it_change(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login)
            .where(Login.id == maria.login_id)
            .values(credential_flagged_at=house.clock())
        )
        link, other = [
            await one_time_tokens.issue(
                house.platform,
                connection,
                purpose,
                lifetime=timedelta(hours=1),
                login_id=maria.login_id,
            )
            for purpose in ("password_reset", "email_change")
        ]
    before = (await rows(house.platform, select(Login).where(Login.id == maria.login_id)))[0]
    [session] = await rows(house.platform, select(Session).where(Session.id == maria.session_id))
    assert (await change(house, "customer", maria)).status_code == 204
    after = (await rows(house.platform, select(Login).where(Login.id == maria.login_id)))[0]
    changed = {name for name in before._fields if getattr(before, name) != getattr(after, name)}
    assert changed == {"password_hash", "credential_changed_at", "credential_flagged_at"}
    assert after.credential_flagged_at is None
    [same] = await rows(house.platform, select(Session).where(Session.id == maria.session_id))
    assert tuple(same) == tuple(session)
    renewal = {"refresh_token": maria.refresh_token}
    assert (await house.client.post("/v1/auth/refresh", json=renewal)).status_code == 200
    async with house.platform.database.snapshot() as connection:
        look = one_time_tokens.look
        assert await look(house.platform, connection, link, "password_reset") is None
        assert await look(house.platform, connection, other, "email_change") is not None


@pytest.mark.parametrize("kind", ["customer", "staff"])
@pytest.mark.parametrize(
    ("current", "new", "errors"),
    [
        ("errada", NEW, [("/current_password", "password_incorrect")]),
        ("\u0000", NEW, [("/current_password", "password_incorrect")]),
        ("errada", "Senha@2026", [("/current_password", "password_incorrect")]),
        (PASSWORD, PASSWORD, [("/new_password", "password_unchanged")]),
        (PASSWORD, "Senha@2026", [("/new_password", "password_common")]),
        (PASSWORD, "Senha-12!x", [("/new_password", "password_guessable")]),
        (
            PASSWORD,
            "curta",
            [
                ("/new_password", "password_too_short"),
                ("/new_password", "password_no_digit"),
                ("/new_password", "password_no_symbol"),
            ],
        ),
        ("", NEW, [("/current_password", "text_empty")]),
    ],
)
async def test_a_refusal_says_where_and_changes_nothing(
    house: Service, kind: str, current: str, new: str, errors: list[tuple[str, str]]
) -> None:
    person = await someone(house, kind)
    assert told(await change(house, kind, person, current, new)) == errors
    assert (await enter(house, kind, person, PASSWORD)).status_code == 200
    assert await mails(house.platform, recipient=person.email) == []


async def test_a_wrong_one_is_on_record(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await change(house, "customer", maria, current="errada")
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.outcome) == ("customer:password:update", "refused")


async def test_what_is_known_of_the_caller_counts(house: Service) -> None:
    maria = await add_customer(house.platform, name="Quirina Zaragoza", phone="+5511987650123")
    other = await add_customer(house.platform, name="Oficina Pterossauro")
    await open_customer_session(house.platform, maria.login_id, other.id)
    for password in ("4n1r1uQ-9-cabras!", "987650-cabras!", "pterossauro-9-cabras!"):
        answer = await change(house, "customer", maria, new=password)
        assert told(answer) == [("/new_password", "password_personal")]
    staff = await add_staff(house.platform, "support", name="Quirina Zaragoza")
    answer = await change(house, "staff", staff, new="Zaragoza-9-cabras!")
    assert told(answer) == [("/new_password", "password_personal")]


async def test_the_same_password_typed_otherwise_is_the_same(house: Service) -> None:
    maria = await add_customer(house.platform, password="ac\u0327u\u0301car-9-cabras!")
    answer = await change(
        house, "customer", maria, "ac\u0327u\u0301car-9-cabras!", "a\u00e7\u00facar-9-cabras!"
    )
    assert told(answer) == [("/new_password", "password_unchanged")]


@pytest.mark.parametrize("kind", ["customer", "staff"])
async def test_the_caller_must_have_proved_to_be_there_lately(house: Service, kind: str) -> None:
    person = await someone(house, kind)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Session)
            .where(Session.id == person.session_id)
            .values(proved_at=house.clock() - timedelta(minutes=5, seconds=1))
        )
    answer = await change(house, kind, person)
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert 'max_age="300"' in answer.headers["www-authenticate"]
    assert (await enter(house, kind, person, PASSWORD)).status_code == 200


@pytest.mark.parametrize("kind", ["customer", "staff"])
async def test_nobody_else_may(house: Service, kind: str) -> None:
    person = await someone(house, kind)
    other = "staff" if kind == "customer" else "customer"
    body = {"current_password": PASSWORD, "new_password": NEW}
    for path, headers in ((PATHS[kind], {}), (PATHS[other], bearer(person.token))):
        answer = await house.client.put(path, json=body, headers=headers)
        assert answer.status_code == 401
    assert (await enter(house, kind, person, PASSWORD)).status_code == 200


async def test_staff_name_a_purpose_of_their_own_and_engineers_a_reason(house: Service) -> None:
    member = await add_staff(house.platform, "systems_engineer")
    body = {"current_password": PASSWORD, "new_password": NEW}
    for headers, status, code in (
        (member.headers | {"X-Purpose": "none-of-ours"}, 403, "purpose_not_allowed"),
        (bearer(member.token), 422, "reason_required"),
    ):
        answer = await house.client.put(PATHS["staff"], json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await change(house, "staff", member)).status_code == 204


@pytest.mark.parametrize("kind", ["customer", "staff"])
async def test_of_two_changes_at_once_one_holds(house: Service, kind: str) -> None:
    person = await someone(house, kind)
    wanted = [NEW, "outra-viola-9-cacos!"]
    answers = await asyncio.gather(*(change(house, kind, person, new=new) for new in wanted))
    statuses = [answer.status_code for answer in answers]
    # One may come so late that its "current" password is the wrong one already.
    assert statuses.count(204) == 1
    assert {409, 422} & set(statuses)
    model = Login if isinstance(person, CustomerPerson) else StaffMember
    holder = person.login_id if isinstance(person, CustomerPerson) else person.id
    [row] = await rows(house.platform, select(model.password_hash).where(model.id == holder))
    held = wanted[statuses.index(204)]
    assert PasswordHasher(1, 8, 1).verify(held, row.password_hash).ok
    assert len(await mails(house.platform, recipient=person.email)) == 1


async def test_whoever_is_signed_in_cannot_guess_for_long(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as house:
        maria = await add_customer(house.platform)
        guesses = [await change(house, "customer", maria, f"palpite-{n}") for n in range(6)]
        assert [guess.status_code for guess in guesses] == [422] * 5 + [429]
        assert int(guesses[-1].headers["retry-after"]) > 0
        refused = await change(house, "customer", maria)
        assert refused.status_code == 429, "not even the right one, until the time is over"


async def test_no_hash_is_spent_on_a_refused_new_password(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = await add_customer(house.platform)
    hashed: list[Any] = []
    monkeypatch.setattr(PasswordHasher, "hash", lambda *_: hashed.append(1))
    await change(house, "customer", maria, new="Senha@2026")
    await change(house, "customer", maria, current="errada")
    assert hashed == []
