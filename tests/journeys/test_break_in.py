"""A break-in, from the night it is noticed to the customer who is in again: over HTTP and SMTP."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import update

from app.models import Login, Session
from app.services import incident_work
from tests.support.incidents import INCIDENTS, REASON_TEXT, confirm, entered
from tests.support.mails import delivering
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.post import token_sent_to
from tests.support.service import Service, serving
from tests.support.smtp import Arrived, SmtpServer, smtp_server

NEW_PASSWORD = "Onze-tucanos-no-telhado-5!"
RESET = "/v1/public/password-resets/confirm"
GONE = "one_time_token_invalid"


@dataclass(frozen=True, slots=True)
class Night:
    """Everybody in the story, once the incident is dealt with and its mails are out."""

    service: Service
    post: SmtpServer
    maria: CustomerPerson
    """Signed in last week, reads Portuguese, had asked for a new password before."""
    john: CustomerPerson
    """Signed in last week, reads English."""
    ana: CustomerPerson
    """Has not signed in for a month."""
    director: StaffPerson
    forgotten: str
    """The token of Maria's earlier wish for a new password."""
    incident: dict[str, Any]

    def letter(self, person: CustomerPerson) -> Arrived:
        """The one letter about it."""
        letters = self.post.mailbox.to(person.email)
        [letter] = [each for each in letters if re.search("RELATÓRIO|REPORT OF", each.text)]
        return letter

    def token(self, person: CustomerPerson) -> str:
        """What the letter's link carries."""
        found = re.search(r"/new-password#token=([\w-]{43})\b", self.letter(person).text)
        assert found is not None
        return found[1]

    async def choose(self, token: str, password: str = NEW_PASSWORD) -> httpx.Response:
        """Post the link's token and a new password, as the customer area's page does."""
        body = {"token": token, "new_password": password}
        return await self.service.client.post(RESET, json=body)

    async def sign_in(self, person: CustomerPerson, password: str) -> httpx.Response:
        """By e-mail and password."""
        form = {"username": person.email, "password": password}
        return await self.service.client.post("/v1/auth/customer/token", data=form)


@pytest.fixture
def post() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest_asyncio.fixture
async def night(database_url: str, tmp_path: Path, post: SmtpServer) -> AsyncIterator[Night]:
    async with serving(database_url, tmp_path, smtp_url=post.url) as service:
        platform, now = service.platform, service.clock()
        maria, john, ana = [await add_customer(platform) for _ in range(3)]
        async with platform.database.transaction() as connection:
            english = update(Login).where(Login.id == john.login_id).values(language="en")
            await connection.execute(english)
            for person, days in ((maria, 2), (john, 6), (ana, 30)):
                then = now - timedelta(days=days)
                mine = update(Session).where(Session.login_id == person.login_id)
                await connection.execute(mine.values(created_at=then))
                signed_in = update(Login).where(Login.id == person.login_id)
                await connection.execute(signed_in.values(last_login_at=then))
        asked = await service.client.post("/v1/public/password-resets", json={"email": maria.email})
        assert asked.status_code == 202
        forgotten = await token_sent_to(platform, maria.email, "password_reset")
        director, second = [await add_staff(platform, "director") for _ in range(2)]
        week = {"last_sign_in": {"since": (now - timedelta(days=7)).isoformat()}}
        draft = await entered(service, director, week)
        assert draft["expected"] == 2
        assert (await confirm(service, second, draft)).status_code == 200
        await incident_work.work(platform)
        async with delivering(platform):
            await post.mailbox.holds(3)
        found = await service.client.get(f"{INCIDENTS}/{draft['id']}", headers=director.headers)
        yield Night(service, post, maria, john, ana, director, forgotten, found.json())


async def test_what_the_thief_had_opens_nothing_any_more(night: Night) -> None:
    client = night.service.client
    for person in (night.maria, night.john):
        profile = await client.get("/v1/customer/profile", headers=person.headers)
        assert (profile.status_code, profile.json()["code"]) == (401, "session_ended")
        renewal = {"refresh_token": person.refresh_token}
        renewed = await client.post("/v1/auth/refresh", json=renewal)
        assert (renewed.status_code, renewed.json()["code"]) == (401, "token_invalid")
        assert (await night.sign_in(person, person.password)).status_code == 401
    stale = await night.choose(night.forgotten)
    assert (stale.status_code, stale.json()["code"]) == (403, GONE)


async def test_whoever_was_not_there_is_left_in_peace(night: Night) -> None:
    profile = await night.service.client.get("/v1/customer/profile", headers=night.ana.headers)
    assert profile.status_code == 200
    assert (await night.sign_in(night.ana, night.ana.password)).status_code == 200
    assert night.post.mailbox.to(night.ana.email) == []


async def test_the_letter_tells_what_was_done_and_why(night: Night) -> None:
    letter = night.letter(night.maria)
    assert letter.message["Subject"] == "Desativamos sua senha: escolha uma nova"
    for words in (
        str(night.maria.row["name"]),
        REASON_TEXT["pt-BR"],
        "A sessão que estava aberta foi encerrada.",
        "Quem decidiu: direção da agência",
        "Nunca pedimos sua senha",
    ):
        assert words in letter.text
        assert words.partition(": ")[2] in letter.html
    english = night.letter(night.john)
    assert english.message["Subject"] == "We disabled your password: choose a new one"
    assert REASON_TEXT["en"] in english.text


async def test_the_link_lets_its_reader_in_again_once(night: Night) -> None:
    token = night.token(night.maria)
    weak = await night.choose(token, "curta-1!")
    assert weak.status_code == 422
    assert (await night.choose(token)).status_code == 204
    again = await night.choose(token, "Outra-senha-boa-de-2026!")
    assert (again.status_code, again.json()["code"]) == (403, GONE)
    assert (await night.sign_in(night.maria, night.maria.password)).status_code == 401
    tokens = (await night.sign_in(night.maria, NEW_PASSWORD)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    listed = await night.service.client.get("/v1/customer/interventions", headers=headers)
    [report] = listed.json()["items"]
    assert (report["role"], report["reason_code"]) == ("director", "confirmed_breach")
    assert report["report"].strip() in night.letter(night.maria).text.replace("\r\n", "\n")
    read = await night.service.client.get(
        f"/v1/customer/interventions/{report['id']}", headers=headers
    )
    assert read.json() == report
    old = await night.service.client.get("/v1/customer/profile", headers=night.maria.headers)
    assert old.status_code == 401, "the thief's session does not come back with the new password"


async def test_after_a_day_the_link_is_dead_and_recovery_is_not(night: Night) -> None:
    night.service.clock.ahead += timedelta(hours=24, minutes=1)
    late = await night.choose(night.token(night.maria))
    assert (late.status_code, late.json()["code"]) == (403, GONE)
    asked = await night.service.client.post(
        "/v1/public/password-resets", json={"email": night.maria.email}
    )
    assert asked.status_code == 202
    token = await token_sent_to(night.service.platform, night.maria.email, "password_reset")
    assert (await night.choose(token)).status_code == 204
    assert (await night.sign_in(night.maria, NEW_PASSWORD)).status_code == 200


async def test_staff_see_that_it_reached_everybody_and_no_link(night: Night) -> None:
    assert night.incident["status"] == "done"
    mails = night.incident["progress"]["mails"]
    assert (mails["sent"], sum(mails.values()), night.incident["progress"]["logins"]) == (2, 2, 2)
    answer = await night.service.client.get(
        f"{INCIDENTS}/{night.incident['id']}/deliveries", headers=night.director.headers
    )
    told = {item["recipient"]: (item["state"], item["attempts"]) for item in answer.json()["items"]}
    assert told == {night.maria.email: ("sent", 1), night.john.email: ("sent", 1)}
    for person in (night.maria, night.john):
        assert night.token(person) not in answer.text
