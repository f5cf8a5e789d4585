"""A forgotten password: asked for by anybody, mailed to its owner, chosen anew once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from app.models import AuditEvent, Login, OneTimeToken, OutboxMessage
from app.security.hashing_pool import HashingPool
from app.security.opaque import digest
from app.services import one_time_tokens
from app.services.mail_templates import MailTemplates
from app.services.platform import Platform
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    add_customer,
    bearer,
    open_customer_session,
)
from tests.support.post import mails, secret, token_sent_to
from tests.support.records import count, events, rows
from tests.support.service import Service, serving
from tests.support.stage import Tap

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASK = "/v1/public/password-resets"
CONFIRM = "/v1/public/password-resets/confirm"
NEW = "viola-em-3-cacos!"
UNKNOWN = "nunca-vista@exemplo.com.br"


async def ask(house: Service, email: str, **headers: str) -> httpx.Response:
    return await house.client.post(ASK, json={"email": email}, headers=headers)


async def confirm(house: Service, token: str, new: str = NEW) -> httpx.Response:
    return await house.client.post(CONFIRM, json={"token": token, "new_password": new})


async def enter(house: Service, person: CustomerPerson, password: str) -> int:
    form = {"username": person.email, "password": password}
    return (await house.client.post("/v1/auth/customer/token", data=form)).status_code


async def link(house: Service, person: CustomerPerson) -> str:
    assert (await ask(house, person.email)).status_code == 202
    return await token_sent_to(house.platform, person.email, "password_reset")


async def login_of(house: Service, person: CustomerPerson) -> Any:
    return (await rows(house.platform, select(Login).where(Login.id == person.login_id)))[0]


async def set_login(house: Service, person: CustomerPerson, **columns: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(Login).where(Login.id == person.login_id).values(**columns))


async def issue(platform: Platform, purpose: str, login_id: UUID | None, hours: int = 24) -> str:
    async with platform.database.transaction() as connection:
        return await one_time_tokens.issue(
            platform, connection, purpose, lifetime=timedelta(hours=hours), login_id=login_id
        )


def refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (403, "one_time_token_invalid")


async def test_the_link_gives_the_account_back(house: Service) -> None:
    maria = await add_customer(house.platform)
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/145.0"}
    answer = await ask(house, maria.email.upper(), **agent)
    assert (answer.status_code, answer.content) == (202, b"")
    [mail] = await mails(house.platform, recipient=maria.email)
    assert (mail.template, mail.state) == ("password_reset", "queued")
    assert mail.login_id == maria.login_id
    assert mail.params["device"] == "Firefox, Windows"
    address = secret(house.platform, mail)["link"]
    page, _, token = address.partition("#token=")
    assert page == f"{house.platform.settings.area_url}/new-password"
    assert token not in repr(mail)
    values = mail.params | secret(house.platform, mail)
    assert address in MailTemplates("Agência").render(mail.template, "en", values).text

    assert (await confirm(house, token)).status_code == 204
    assert await enter(house, maria, PASSWORD) == 401
    assert await enter(house, maria, NEW) == 200
    refused(await confirm(house, token, "outra-viola-9-cacos!"))
    assert await enter(house, maria, NEW) == 200


async def test_every_session_ends_and_every_other_link_dies(house: Service) -> None:
    maria = await add_customer(house.platform)
    other = await add_customer(house.platform)
    second = await open_customer_session(house.platform, maria.login_id, other.id)
    first, newest = await link(house, maria), await link(house, maria)
    intervention = await issue(house.platform, "intervention", maria.login_id)
    begun = await issue(house.platform, "email_change", maria.login_id)
    undo = await issue(house.platform, "email_undo", None)
    assert first != newest
    assert (await confirm(house, newest)).status_code == 204
    for token in (maria.token, second):
        profile = await house.client.get("/v1/customer/profile", headers=bearer(token))
        assert (profile.status_code, profile.json()["code"]) == (401, "session_ended")
    renewal = {"refresh_token": maria.refresh_token}
    assert (await house.client.post("/v1/auth/refresh", json=renewal)).status_code == 401
    refused(await confirm(house, first))
    refused(await confirm(house, intervention))
    async with house.platform.database.snapshot() as connection:
        look = one_time_tokens.look
        assert await look(house.platform, connection, begun, "email_change") is None
        assert await look(house.platform, connection, undo, "email_undo") is not None


async def test_it_is_told_by_mail_and_on_record(house: Service) -> None:
    maria = await add_customer(house.platform)
    await set_login(house, maria, language="en")
    asked = await ask(house, maria.email)
    token = await token_sent_to(house.platform, maria.email, "password_reset")
    answer = await confirm(house, token)
    [mail] = await mails(house.platform, recipient=maria.email, template="password_changed")
    assert (mail.language, mail.params["by_link"], mail.state) == ("en", True, "queued")
    recovery = mail.params["recovery_link"]
    assert recovery == f"{house.platform.settings.area_url}/recover"
    for said, action in ((asked, "public:password:recover"), (answer, "public:password:reset")):
        [event] = await events(house.platform, request_id=said.headers["x-request-id"])
        assert (event.action, event.subject_id) == (action, maria.login_id)
        assert (event.actor_kind, event.actor_id) == ("anonymous", None)
        assert token not in repr(event)


async def test_the_link_proves_the_address_and_takes_the_flag_off(house: Service) -> None:
    maria = await add_customer(house.platform)
    await set_login(house, maria, credential_flagged_at=house.clock())
    await confirm(house, await link(house, maria))
    after = await login_of(house, maria)
    assert after.credential_flagged_at is None
    assert after.credential_changed_at is not None
    proved = after.email_verified_at
    assert proved is not None
    house.clock.ahead += timedelta(hours=1)
    await confirm(house, await link(house, maria), "outra-viola-9-cacos!")
    assert (await login_of(house, maria)).email_verified_at == proved


async def test_the_link_of_an_intervention_goes_through_the_same_door(house: Service) -> None:
    maria = await add_customer(house.platform)
    await set_login(house, maria, password_hash=None, reset_required_at=house.clock())
    assert await enter(house, maria, PASSWORD) == 401
    token = await issue(house.platform, "intervention", maria.login_id)
    house.clock.ahead += timedelta(hours=23)
    assert (await confirm(house, token)).status_code == 204
    assert (await login_of(house, maria)).reset_required_at is None
    assert await enter(house, maria, NEW) == 200
    refused(await confirm(house, token))


async def test_who_lost_the_link_of_an_intervention_asks_for_another(house: Service) -> None:
    maria = await add_customer(house.platform)
    await set_login(house, maria, password_hash=None, reset_required_at=house.clock())
    assert (await confirm(house, await link(house, maria))).status_code == 204
    assert await enter(house, maria, NEW) == 200


@pytest.mark.parametrize(
    "new", ["Senha@2026", "Senha-12!x", "curta", "", "Quirina-9-cabras!", "x1-" * 50]
)
async def test_a_weak_password_leaves_the_link_good(house: Service, new: str) -> None:
    maria = await add_customer(house.platform, name="Quirina Zaragoza")
    token = await link(house, maria)
    answer = await confirm(house, token, new)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/new_password"}
    assert await enter(house, maria, PASSWORD) == 200
    assert (await confirm(house, token)).status_code == 204


async def test_the_link_works_for_half_an_hour(house: Service) -> None:
    maria = await add_customer(house.platform)
    early, late = await link(house, maria), await link(house, maria)
    house.clock.ahead += timedelta(minutes=29, seconds=50)
    assert (await confirm(house, early)).status_code == 204
    late = await link(house, maria)
    house.clock.ahead += timedelta(minutes=30, seconds=1)
    refused(await confirm(house, late))
    assert await enter(house, maria, NEW) == 200


@pytest.mark.parametrize("token", ["x", "a" * 512, "\u0000", "é", "' or 1=1 --"])
async def test_what_never_was_a_link_is_refused_like_a_used_one(house: Service, token: str) -> None:
    used = await link(house, await add_customer(house.platform))
    await confirm(house, used)
    answers = [await confirm(house, tried) for tried in (used, token)]
    assert answers[0].content == answers[1].content
    refused(answers[1])


async def test_tokens_of_other_purposes_and_of_nobody_open_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    for purpose in ("email_undo", "email_verify", "invitation"):
        refused(await confirm(house, await issue(house.platform, purpose, maria.login_id)))
    refused(await confirm(house, await issue(house.platform, "password_reset", None)))
    assert await enter(house, maria, PASSWORD) == 200


async def test_a_disabled_login_gets_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = await link(house, maria)
    await set_login(house, maria, status="disabled")
    assert (await ask(house, maria.email)).status_code == 202
    assert len(await mails(house.platform, recipient=maria.email)) == 1
    refused(await confirm(house, before))
    await set_login(house, maria, status="active")
    assert await enter(house, maria, PASSWORD) == 200
    assert (await confirm(house, before)).status_code == 204, "the refusal did not spend it"


async def test_of_two_uses_at_once_one_counts(house: Service) -> None:
    maria = await add_customer(house.platform)
    token = await link(house, maria)
    wanted = [NEW, "outra-viola-9-cacos!"]
    answers = await asyncio.gather(*(confirm(house, token, new) for new in wanted))
    assert sorted(answer.status_code for answer in answers) == [204, 403]
    [held] = [new for new, answer in zip(wanted, answers, strict=True) if answer.is_success]
    assert await enter(house, maria, held) == 200
    assert len(await mails(house.platform, recipient=maria.email, template="password_changed")) == 1


WRITTEN = (OneTimeToken, OutboxMessage, AuditEvent)

# What a stranger could tell apart: the answer, and the work behind it.


@contextmanager
def counted(house: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The SQL and the jobs of the hashing pool, as they are asked for."""
    work: list[str] = []
    tap = Tap()
    tap.open(house.platform)
    run = HashingPool.run

    async def counting(pool: HashingPool, job: Any, *args: Any) -> Any:
        tap.statements.append(f"hashing: {job.__name__}")
        return await run(pool, job, *args)

    with monkeypatch.context() as patched:
        patched.setattr(HashingPool, "run", counting)
        yield work
        work += tap.statements


async def test_whether_the_address_is_known_changes_neither_answer_nor_work(
    shared_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(shared_database_url, tmp_path) as house:
        maria = await add_customer(house.platform)
        gone = await add_customer(house.platform)
        await set_login(house, gone, status="disabled")
        seen = []
        for address in (maria.email, UNKNOWN, gone.email):
            with counted(house, monkeypatch) as work:
                answer = await ask(house, address, **{"X-Request-ID": "the-same"})
            seen.append((answer.status_code, answer.content, answer.headers.raw, work))
        assert seen[0] == seen[1] == seen[2]
        assert len(seen[0][3]) >= 4


async def test_the_same_rows_are_written_for_everybody(house: Service) -> None:
    maria = await add_customer(house.platform)
    for address in (maria.email, UNKNOWN):
        before = [await count(house.platform, model) for model in WRITTEN]
        await ask(house, address)
        after = [await count(house.platform, model) for model in WRITTEN]
        assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]
    [mail] = (await mails(house.platform, template="password_reset", state="suppressed"))[-1:]
    assert (mail.sealed, mail.login_id, mail.due_at) == (None, None, None)
    every = await rows(house.platform, select(OutboxMessage))
    assert UNKNOWN not in repr(every), "what a stranger typed is not kept"


async def test_only_the_digest_of_a_link_is_kept(house: Service) -> None:
    maria = await add_customer(house.platform)
    token = await link(house, maria)
    mark = select(func.count()).where(OneTimeToken.digest == digest(token))
    assert (await rows(house.platform, mark))[0][0] == 1
    for model in WRITTEN:
        assert token not in repr(await rows(house.platform, select(model)))


@pytest.mark.parametrize("email", ["", "maria", "a@b", None, "m@@exemplo.com.br"])
async def test_what_is_no_address_is_told(house: Service, email: Any) -> None:
    answer = await house.client.post(ASK, json={"email": email})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/email"]


async def test_asking_is_throttled_alike_for_known_and_unknown(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as house:
        maria = await add_customer(house.platform)
        for address in (maria.email, "nunca@exemplo.com.br"):
            statuses = [(await ask(house, address)).status_code for _ in range(5)]
            assert statuses == [202, 202, 202, 429, 429], address
        assert len(await mails(house.platform, recipient=maria.email)) == 3


async def test_a_reset_makes_room_again(shared_database_url: str, tmp_path: Path) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as house:
        maria = await add_customer(house.platform)
        token = [await link(house, maria) for _ in range(3)][-1]
        assert (await ask(house, maria.email)).status_code == 429
        assert (await confirm(house, token)).status_code == 204
        assert (await ask(house, maria.email)).status_code == 202
