"""Registration in mode ``confirmed``: one answer for everybody, and an account by a mailed link."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from app.core.ids import new_id
from app.models import (
    AuditEvent,
    ConsentEvent,
    Customer,
    Login,
    OneTimeToken,
    OutboxMessage,
    PendingRegistration,
    Policy,
    PolicyAcceptance,
)
from app.security.sealing import SealBroken
from app.services import pending_forms, pending_registrations
from tests.support.letters import letters_to, token_to
from tests.support.people import PASSWORD, bearer
from tests.support.records import count, events, rows
from tests.support.service import Service, serving
from tests.support.stage import Tap, comparable
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/public/registrations"
CONFIRM = f"{PATH}/confirm"
AWAITING = {"status": "awaiting_confirmation", "expires_in": 86400}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("house")
    async with serving(shared_database_url, folder, registration="confirmed") as service:
        yield service


async def ask(house: Service, email: str, /, **members: Any) -> httpx.Response:
    headers = members.pop("headers", {})
    body = registration(email=email, **members)
    return await house.client.post(PATH, json=body, headers=headers)


async def link_to(house: Service, email: str, /, **members: Any) -> str:
    """The token that a registration was mailed."""
    answer = await ask(house, email, **members)
    assert answer.status_code == 202, answer.text
    return await token_to(house.platform, email, "registration_confirm")


async def confirm(house: Service, token: Any) -> httpx.Response:
    return await house.client.post(CONFIRM, json={"token": token})


async def signs_in(house: Service, email: str, password: str = PASSWORD) -> dict[str, str] | None:
    form = {"username": email, "password": password}
    answer = await house.client.post("/v1/auth/customer/token", data=form)
    return bearer(answer.json()["access_token"]) if answer.status_code == 200 else None


async def accounts_of(house: Service, email: str) -> int:
    return len(await rows(house.platform, select(Customer.id).where(Customer.email == email)))


async def test_the_account_exists_once_the_link_was_opened(house: Service) -> None:
    email = "maria@exemplo.com.br"
    members = {
        "password": PASSWORD,
        "phone": "(11) 91234-5678",
        "preferences": {"language": "en", "contact_channel": "phone"},
        "consents": [{"purpose": "marketing", "granted": True}],
    }
    before = house.clock()
    answer = await ask(house, email, **members)
    asked = house.clock()
    assert (answer.status_code, answer.json()) == (202, AWAITING)
    assert "location" not in answer.headers
    assert await accounts_of(house, email) == 0
    assert await signs_in(house, email) is None

    [letter] = await letters_to(house.platform, email)
    assert (letter.template, letter.language) == ("registration_confirm", "en")
    assert letter.secret["link"].startswith("http://127.0.0.1:8000/confirm-registration#token=")
    house.clock.ahead = timedelta(hours=23)
    try:
        opened = await confirm(house, letter.token)
        assert opened.status_code == 201, opened.text
        assert opened.headers["location"] == "/v1/customer/profile"
        customer = opened.json()["customer"]
        assert (customer["email"], customer["phone"]) == (email, "+5511912345678")
        assert customer["preferences"] == {"language": "en", "contact_channel": "phone"}
        headers = await signs_in(house, email)
        assert headers is not None
        profile = await house.client.get("/v1/customer/profile", headers=headers)
        assert profile.json() | {"last_login_at": None} == customer
        [login] = await rows(house.platform, select(Login).where(Login.email == email))
        assert house.clock() - timedelta(minutes=1) < login.email_verified_at <= house.clock()
        assert before <= login.credential_changed_at <= asked
        assert (login.language, login.name) == ("en", "Maria D'Ávila")
        # What was said is said as of then.
        [accepted] = await rows(
            house.platform,
            select(PolicyAcceptance).where(PolicyAcceptance.login_id == login.id),
        )
        assert before <= accepted.accepted_at <= asked
        said = select(ConsentEvent).where(ConsentEvent.actor_id == login.id)
        [consent] = await rows(house.platform, said)
        assert (consent.state, before <= consent.at <= asked) == ("granted", True)
    finally:
        house.clock.ahead = timedelta()


async def test_known_and_unknown_are_answered_alike_after_the_same_work(house: Service) -> None:
    known, unknown = "conhecida@exemplo.com.br", "nunca-vista@exemplo.com.br"
    assert (await confirm(house, await link_to(house, known))).status_code == 201
    tap, hashes = Tap(), 0
    tap.open(house.platform)
    hashing = house.platform.hashing.hash

    async def counted(password: str) -> str:
        nonlocal hashes
        hashes += 1
        return await hashing(password)

    house.platform.hashing.hash = counted  # type: ignore[method-assign]  # a tap, not a mock
    exchanges: list[tuple[Any, list[str], int]] = []
    try:
        for email in (known, unknown, known.upper(), "outra-vez@exemplo.com.br"):
            tap.clear()
            hashes = 0
            answer = await ask(house, email)
            exchanges.append((comparable(answer), list(tap.statements), hashes))
    finally:
        house.platform.hashing.hash = hashing  # type: ignore[method-assign]  # as it was
    assert all(exchange == exchanges[0] for exchange in exchanges)
    (status, _, body), statements, hashed = exchanges[0]
    assert (status, body, hashed) == (202, exchanges[1][0][2], 1)
    inserted = [text.split()[2] for text in statements if text.startswith("INSERT INTO")]
    assert inserted == [
        "pending_registrations",
        "one_time_tokens",
        "outbox_messages",
        "audit_events",
    ]
    assert [letter.template for letter in await letters_to(house.platform, known)] == [
        "registration_confirm",
        "registration_known",
        "registration_known",  # to the address as its owner wrote it
    ]
    assert await letters_to(house.platform, known.upper()) == []


async def test_a_known_address_gets_no_link_that_opens_an_account(house: Service) -> None:
    email = "dona@exemplo.com.br"
    await confirm(house, await link_to(house, email))
    tokens = await count(house.platform, OneTimeToken)
    await ask(house, email, password="Outra-senha-7-gatos!")
    assert await count(house.platform, OneTimeToken) == tokens + 1
    letter = (await letters_to(house.platform, email))[-1]
    assert set(letter.secret) == {"recovery_link"}
    assert "#" not in letter.secret["recovery_link"]
    assert await signs_in(house, email, "Outra-senha-7-gatos!") is None
    assert await signs_in(house, email, "quatro-gatos-7-telhados") is not None


async def test_the_mails_repeat_nothing_that_a_stranger_typed(house: Service) -> None:
    email = "alvo@exemplo.com.br"
    name = "Ganhe em www.golpe.exemplo.com.br"
    await confirm(house, await link_to(house, email, name=name))
    await ask(house, email, name=name)
    for letter in await letters_to(house.platform, email):
        assert set(letter.params) <= {"requested_at", "expires_at", "device", "replaced"}
        assert "golpe" not in str(letter)


@pytest.mark.parametrize(
    ("asked", "preferred", "language"),
    [("pt-BR", None, "pt-BR"), ("en", None, "en"), ("en", "pt-BR", "pt-BR")],
)
async def test_the_mail_goes_to_the_address_as_typed_in_the_language_asked_for(
    house: Service, asked: str, preferred: str | None, language: str
) -> None:
    email = f"Como.Escrita-{asked}-{preferred}@exemplo.com.br"
    preferences = None if preferred is None else {"language": preferred}
    await ask(house, email, preferences=preferences, headers={"Accept-Language": asked})
    [letter] = await letters_to(house.platform, email)
    assert (letter.template, letter.language) == ("registration_confirm", language)


async def test_a_link_opens_one_account_once(house: Service) -> None:
    token = await link_to(house, "uma@exemplo.com.br")
    assert (await confirm(house, token)).status_code == 201
    for _ in range(2):
        again = await confirm(house, token)
        assert (again.status_code, again.json()["code"]) == (403, "one_time_token_invalid")
    assert await accounts_of(house, "uma@exemplo.com.br") == 1


async def test_a_link_opened_ten_times_at_once_opens_one_account(house: Service) -> None:
    token = await link_to(house, "dez@exemplo.com.br")
    answers = await asyncio.gather(*(confirm(house, token) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 9
    assert await accounts_of(house, "dez@exemplo.com.br") == 1


async def test_an_address_that_may_come_back_to_its_login_is_answered_alike_and_told(
    house: Service,
) -> None:
    email, new = "mudou@exemplo.com.br", "mudou-para@exemplo.com.br"
    early, mine = [await link_to(house, email, password=PASSWORD) for _ in range(2)]
    assert (await confirm(house, mine)).status_code == 201
    assert (await confirm(house, early)).status_code == 403
    headers = await signs_in(house, email)
    wish = {"email": new}
    await house.client.post("/v1/customer/email-changes", json=wish, headers=headers)
    token = {"token": await token_to(house.platform, new, "email_change_confirm")}
    moved = await house.client.post("/v1/public/email-changes/confirm", json=token)
    assert moved.status_code == 204
    answer = await ask(house, email)
    assert (answer.status_code, answer.json()) == (202, AWAITING)
    known = (await letters_to(house.platform, email))[-1]
    assert (known.template, known.params["replaced"]) == ("registration_known", True)
    assert len(await letters_to(house.platform, new)) == 1


@pytest.mark.parametrize("order", ["first", "last", "at once"])
async def test_of_two_registrations_of_one_address_one_becomes_an_account(
    house: Service, order: str
) -> None:
    email = f"duas-{order.replace(' ', '-')}@exemplo.com.br"
    tokens = [
        await link_to(house, email, password=password)
        for password in ("Primeira-vez-7-gatos!", "Segunda-vez-7-gatos!")
    ]
    if order == "at once":
        answers = await asyncio.gather(*(confirm(house, token) for token in tokens))
    else:
        in_order = tokens if order == "first" else tokens[::-1]
        answers = [await confirm(house, token) for token in in_order]
        assert [answer.status_code for answer in answers] == [201, 403]
    assert sorted(answer.status_code for answer in answers) == [201, 403]
    [late] = [answer for answer in answers if answer.status_code == 403]
    assert late.json()["code"] == "one_time_token_invalid"
    waiting = select(PendingRegistration).where(PendingRegistration.email_key == email)
    assert await rows(house.platform, waiting) == []
    assert await accounts_of(house, email) == 1
    passwords = ("Primeira-vez-7-gatos!", "Segunda-vez-7-gatos!")
    work = [await signs_in(house, email, password) is not None for password in passwords]
    assert sum(work) == 1


async def test_a_link_expires_after_a_day_and_the_form_is_purged(house: Service) -> None:
    email = "tarde@exemplo.com.br"
    token = await link_to(house, email)
    waiting = select(PendingRegistration).where(PendingRegistration.email_key == email)
    try:
        house.clock.ahead = timedelta(hours=24, seconds=-5)
        await pending_forms.purge(house.platform)
        assert len(await rows(house.platform, waiting)) == 1
        house.clock.ahead = timedelta(hours=24, seconds=1)
        late = await confirm(house, token)
        assert (late.status_code, late.json()["code"]) == (403, "one_time_token_invalid")
        await pending_forms.purge(house.platform)
        assert await rows(house.platform, waiting) == []
    finally:
        house.clock.ahead = timedelta()
    # The clock was set back: the link would be good again, but nothing waits behind it.
    assert (await confirm(house, token)).json()["code"] == "one_time_token_invalid"
    assert await accounts_of(house, email) == 0


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("x" * 43, 403),
        ("\ud800", 400),
        ("\u0000", 403),
        ("' OR 1=1 --", 403),
        ("", 422),
        ("x" * 513, 422),
        (None, 422),
        (7, 422),
        (["x"], 422),
    ],
)
async def test_what_is_no_link_opens_nothing(
    house: Service, untouched: None, token: Any, status: int
) -> None:
    content = json.dumps({"token": token})
    answer = await house.client.post(
        CONFIRM, content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text


async def test_the_link_of_another_purpose_opens_nothing(house: Service) -> None:
    email = "outra-coisa@exemplo.com.br"
    token = await link_to(house, email)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(OneTimeToken)
            .where(OneTimeToken.purpose == pending_registrations.PURPOSE)
            .values(purpose="password_reset")
        )
    assert (await confirm(house, token)).status_code == 403


async def test_what_waits_is_sealed_and_bound_to_its_row(house: Service) -> None:
    email, secret = "selada@exemplo.com.br", "Segredo-de-9-gatos!"
    await ask(house, email, password=secret, name="Nome Que Espera", phone="(11) 91234-5678")
    await ask(house, email, password=secret)
    first, second = await rows(
        house.platform,
        select(PendingRegistration).where(PendingRegistration.email_key == email),
    )
    kept = repr(tuple(first))
    for text in (secret, "Nome Que Espera", "91234", "argon2"):
        assert text not in kept
        assert text.encode() not in first.form
    sealer = house.platform.registration_sealer
    opened = sealer.open(first.form, first.id.bytes)
    assert b"$argon2id$" in opened
    assert secret.encode() not in opened
    with pytest.raises(SealBroken):
        sealer.open(first.form, second.id.bytes)


async def test_a_key_sends_one_mail_and_answers_alike(house: Service) -> None:
    email, key = "chave@exemplo.com.br", {"Idempotency-Key": "uma-chave-confirmada"}
    body = registration(email=email)
    answers = await asyncio.gather(
        *(house.client.post(PATH, json=body, headers=key) for _ in range(5))
    )
    answers.append(await house.client.post(PATH, json=body, headers=key))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len(await letters_to(house.platform, email)) == 1
    other = await house.client.post(PATH, json=body | {"name": "Outra"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await letters_to(house.platform, email)) == 1


async def test_whether_the_address_is_known_changes_no_refusal(house: Service) -> None:
    known = "recusada@exemplo.com.br"
    await confirm(house, await link_to(house, known))
    mails = await count(house.platform, OutboxMessage)
    for members in (
        {"password": "Senha@2026"},
        {"accepted_policy_version": 2},
        {"tax_id": "52998224726"},
        {"role": "director"},
    ):
        answers = [await ask(house, email, **members) for email in (known, "nova@exemplo.com.br")]
        assert answers[0].status_code == 422
        assert comparable(answers[0]) == comparable(answers[1])
    assert await count(house.platform, OutboxMessage) == mails


async def test_the_policy_accepted_then_stands_though_another_is_in_force(
    house: Service,
) -> None:
    email = "politica@exemplo.com.br"
    token = await link_to(house, email)
    [policy] = await rows(house.platform, select(Policy.__table__))
    moment = house.clock() + timedelta(hours=1)
    newer = dict(policy._mapping) | {"version": 2, "id": new_id(), "published_at": moment}
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(Policy).values(newer | {"hash": "f" * 64}))
    house.clock.ahead = timedelta(hours=2)
    try:
        assert (await confirm(house, token)).status_code == 201
        [accepted] = await rows(
            house.platform,
            select(PolicyAcceptance)
            .join(Login, Login.id == PolicyAcceptance.login_id)
            .where(Login.email == email),
        )
        assert (accepted.version, accepted.hash) == (policy.version, policy.hash)
    finally:
        house.clock.ahead = timedelta()


async def test_asking_and_confirming_are_on_record(house: Service) -> None:
    email = "registro@exemplo.com.br"
    answer = await ask(house, email)
    [asked] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (asked.action, asked.actor_kind) == ("public:customer:register", "anonymous")
    assert (asked.subject_type, asked.outcome) == ("pending_registration", "allowed")
    token = await token_to(house.platform, email, "registration_confirm")
    opened = await confirm(house, token)
    [done] = await events(house.platform, request_id=opened.headers["x-request-id"])
    assert (done.action, done.actor_kind) == ("public:customer:confirm", "login")
    assert str(done.subject_id) == opened.json()["customer"]["id"]
    everything = str([tuple(row) for row in await rows(house.platform, select(AuditEvent))])
    assert token not in everything
    assert email not in everything


async def test_one_address_is_not_written_to_again_and_again(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with serving(
        shared_database_url, tmp_path, registration="confirmed", throttle="on"
    ) as busy:
        email = "insistente@exemplo.com.br"
        answers = [await ask(busy, email) for _ in range(6)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:3] == [202] * 3
        assert statuses[-1] == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert len(await letters_to(busy.platform, email)) == statuses.count(202)
        unknown = await ask(busy, "outra-pessoa@exemplo.com.br")
        assert unknown.status_code == 202


async def test_production_confirms_unless_it_is_told_otherwise(house: Service) -> None:
    settings = house.platform.settings.model_copy(update={"registration": None})
    assert settings.registration_mode == "open"
    assert settings.model_copy(update={"env": "production"}).registration_mode == "confirmed"
