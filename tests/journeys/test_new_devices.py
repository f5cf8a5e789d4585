"""A sign-in from where one had not been before is told by mail, in the same transaction."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from app.models import Login, OutboxMessage, Session
from app.services.mail_templates import MailTemplates
from tests.support.people import PASSWORD, CustomerPerson, add_customer, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
HOME, NEIGHBOUR, FAR = "198.51.100.7", "198.51.100.8", "203.0.113.9"
CUSTOMER, STAFF = "/v1/auth/customer/token", "/v1/auth/staff/token"


async def sign_in(
    house: Service, form: dict[str, str], address: str, agent: str = FIREFOX, path: str = CUSTOMER
) -> httpx.Response:
    transport = httpx.ASGITransport(house.app, raise_app_exceptions=False, client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.post(path, data=form, headers={"User-Agent": agent})


async def enter(house: Service, maria: CustomerPerson, address: str, agent: str = FIREFOX) -> None:
    form = {"username": maria.email, "password": PASSWORD}
    assert (await sign_in(house, form, address, agent)).status_code == 200


async def mails(house: Service, recipient: str) -> list[Any]:
    return await rows(
        house.platform,
        select(OutboxMessage.__table__)
        .where(OutboxMessage.recipient == recipient)
        .order_by(OutboxMessage.id),
    )


async def test_a_new_device_or_network_is_told_once(house: Service) -> None:
    maria = await add_customer(house.platform)
    places = [
        (HOME, FIREFOX, 1),
        (HOME, FIREFOX, 1),
        (NEIGHBOUR, FIREFOX, 1),  # the same network
        (FAR, FIREFOX, 2),
        (FAR, "curl/8.5.0", 3),
        (HOME, "curl/8.5.0", 4),
        (FAR, FIREFOX, 4),
        (FAR, "", 5),  # says nothing of itself
        (FAR, "", 5),
    ]
    for address, agent, expected in places:
        await enter(house, maria, address, agent)
        assert len(await mails(house, maria.email)) == expected
    first = (await mails(house, maria.email))[0]
    assert (first.template, first.state, first.language) == (
        "sign_in_new_device",
        "queued",
        "pt-BR",
    )
    assert first.login_id == maria.login_id
    assert first.params["device"] == "Firefox, Windows"
    assert first.params["network"] == "198.51.100.0/24"
    assert (first.sealed, first.staff_id) == (None, None)


@pytest.mark.parametrize(("language", "subject"), [("pt-BR", "Novo acesso"), ("en", "New sign-in")])
async def test_the_mail_says_when_and_what_to_do_in_the_language_of_the_login(
    house: Service, language: str, subject: str
) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        chosen = update(Login).where(Login.id == maria.login_id).values(language=language)
        await connection.execute(chosen)
    await enter(house, maria, HOME)
    [row] = await mails(house, maria.email)
    assert row.language == language
    mail = MailTemplates("Agência").render(row.template, row.language, row.params)
    assert mail.subject.startswith(subject)
    for fact in ("Firefox, Windows", "198.51.100.0/24", "/sessions", "/recover"):
        assert fact in mail.text


async def test_a_sign_in_that_fails_is_told_to_nobody(house: Service) -> None:
    maria = await add_customer(house.platform)
    answer = await sign_in(house, {"username": maria.email, "password": "errada"}, HOME)
    assert answer.status_code == 401
    assert await mails(house, maria.email) == []


async def test_a_device_is_forgotten_half_a_year_after_its_last_use(house: Service) -> None:
    maria = await add_customer(house.platform)
    try:
        await enter(house, maria, HOME)
        for days, expected in ((179, 1), (179 + 179, 1), (179 + 179 + 181, 2)):
            house.clock.ahead = timedelta(days=days)
            await enter(house, maria, HOME)
            assert len(await mails(house, maria.email)) == expected
    finally:
        house.clock.ahead = timedelta()


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("logged_out", 1), ("ended_by_holder", 2), ("refresh_token_reused", 2), ("intervention", 2)],
)
async def test_a_session_that_was_cut_short_makes_no_device_known(
    house: Service, reason: str, expected: int
) -> None:
    maria = await add_customer(house.platform)
    await enter(house, maria, FAR)
    await end(house, maria.login_id, reason)
    await enter(house, maria, FAR)
    assert len(await mails(house, maria.email)) == expected


async def end(house: Service, login_id: UUID, reason: str) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Session)
            .where(Session.login_id == login_id)
            .values(ended_at=house.clock(), end_reason=reason)
        )


async def test_of_many_sign_ins_at_once_only_one_is_told(house: Service) -> None:
    maria = await add_customer(house.platform)
    await asyncio.gather(*(enter(house, maria, HOME) for _ in range(8)))
    assert len(await mails(house, maria.email)) == 1


async def test_another_ones_device_is_not_ones_own(house: Service) -> None:
    maria, joao = await add_customer(house.platform), await add_customer(house.platform)
    await enter(house, joao, HOME)
    await enter(house, maria, HOME)
    assert len(await mails(house, maria.email)) == 1


async def test_staff_are_told_too_with_other_advice(house: Service) -> None:
    support = await add_staff(house.platform, "support")
    for step in range(2):
        house.clock.ahead = timedelta(seconds=30 * step)
        form = {
            "username": support.email,
            "password": PASSWORD,
            "totp": support.code(house.clock()),
        }
        assert (await sign_in(house, form, HOME, path=STAFF)).status_code == 200
    house.clock.ahead = timedelta()
    [row] = await mails(house, support.email)
    assert (row.staff_id, row.login_id) == (support.id, None)
    assert (row.params["sessions_link"], row.params["recovery_link"]) == (None, None)


async def test_what_was_not_committed_is_not_told(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = await add_customer(house.platform)

    async def broken(*_: Any) -> None:
        raise RuntimeError("no record, no sign-in")

    monkeypatch.setattr(type(house.platform.audit), "add", broken)
    answer = await sign_in(house, {"username": maria.email, "password": PASSWORD}, HOME)
    assert answer.status_code == 500
    assert await mails(house, maria.email) == []
