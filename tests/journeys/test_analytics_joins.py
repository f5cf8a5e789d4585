"""The life of a consent: from a visitor, to an account, to its withdrawal."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.models import AnalyticsEvent
from app.services import consents
from tests.journeys.test_consent_receipts import KEYS, stranger
from tests.support.people import (
    CustomerPerson,
    MemberPerson,
    add_customer,
    add_member,
    add_staff,
    say_consent,
)
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.trust import code
from tests.support.visitors import Browser, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = "/v1/customer/analytics-events"
CONSENTS = "/v1/customer/consents"
YES = {"purpose": "analytics", "granted": True, "version": 1}
NO = {"purpose": "analytics", "granted": False}


async def visited(house: Service, *paths: str) -> Browser:
    """A browser that allowed to be measured, and was."""
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    await browser.report(*map(view, paths))
    return browser


async def joined(house: Service, who: CustomerPerson | MemberPerson) -> list[dict[str, Any]]:
    answer = await house.client.get(OWN, headers=who.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def agreeing(house: Service) -> CustomerPerson:
    """A customer whose account consents to be joined with visits."""
    maria = await add_customer(house.platform)
    await say_consent(house.platform, maria.id, granted=True, purpose="analytics")
    return maria


async def of_account(house: Service, maria: CustomerPerson) -> int:
    counted = select(func.count()).where(AnalyticsEvent.customer_id == maria.id)
    return int((await rows(house.platform, counted))[0][0])


async def test_from_visitor_to_account_to_withdrawal(house: Service, tmp_path: Path) -> None:
    maria = await add_customer(house.platform)
    browser = await visited(house, "/", "/planos")
    assert (await browser.sign_in(maria.email)).status_code == 200
    assert await joined(house, maria) == [], "the account was not asked yet"

    said = await house.client.post(CONSENTS, json=YES, headers=maria.headers)
    assert said.status_code == 201, said.text
    assert await joined(house, maria) == [], "a sign-in joins, nothing else"
    assert (await browser.sign_in(maria.email)).status_code == 200
    items = await joined(house, maria)
    assert [item["path"] for item in items] == ["/planos", "/"]
    assert set(items[0]) == {
        *("id", "kind", "path", "referrer", "device", "network", "campaign", "at")
    }
    await browser.report(view("/depois"))
    assert len(await joined(house, maria)) == 2, "what comes later waits for the next sign-in"
    await browser.sign_in(maria.email)
    assert len(await joined(house, maria)) == 3

    keys = (await house.client.get(KEYS)).text
    taken = await house.client.post(CONSENTS, json=NO, headers=maria.headers)
    for event, state in ((said.json(), "granted"), (taken.json(), "withdrawn")):
        path = f"{CONSENTS}/{event['id']}/receipt"
        receipt = (await house.client.get(path, headers=maria.headers)).json()["receipt"]
        checked = stranger(tmp_path, keys, receipt)
        assert checked.returncode == 0, checked.stderr
        assert json.loads(checked.stdout)["event"]["event_state"] == state
    assert await joined(house, maria) == []
    assert await of_account(house, maria) == 0
    await browser.report(view("/outra-vez"))
    await browser.sign_in(maria.email)
    assert await joined(house, maria) == []


async def test_a_sign_in_elsewhere_joins_nothing(house: Service) -> None:
    maria = await agreeing(house)
    browser = await visited(house, "/")
    await Browser(house).sign_in(maria.email)
    await Browser(house, cookie="A" * 43).sign_in(maria.email)
    refused = await browser.send(
        "POST", "/v1/auth/customer/token", data={"username": maria.email, "password": "errada-9!"}
    )
    assert refused.status_code == 401
    assert await joined(house, maria) == []
    assert (await browser.sign_in(maria.email)).status_code == 200
    assert len(await joined(house, maria)) == 1


async def test_a_signal_a_no_or_a_foreign_page_joins_nothing(house: Service) -> None:
    maria = await agreeing(house)
    for headers in (
        {"Sec-GPC": "1"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        browser = await visited(house, "/")
        assert (await browser.sign_in(maria.email, **headers)).status_code == 200
    browser = await visited(house, "/")
    await browser.say(cookies_analytics=False)
    await browser.sign_in(maria.email)
    assert await joined(house, maria) == []


async def test_a_signal_at_a_sign_in_takes_back_what_was_allowed(house: Service) -> None:
    maria, browser = await agreeing(house), await visited(house, "/")
    await browser.sign_in(maria.email)
    assert len(await joined(house, maria)) == 1
    assert (await browser.sign_in(maria.email, **{"Sec-GPC": "1"})).status_code == 200
    assert (await browser.standing())["cookies_analytics"] == ("withdrawn", False)
    assert await joined(house, maria) == []


async def test_a_browsers_consent_that_ran_out_joins_nothing(
    house: Service, later: Callable[..., None]
) -> None:
    maria, browser = await agreeing(house), await visited(house, "/")
    later(days=181)
    assert (await browser.sign_in(maria.email)).status_code == 200
    assert await of_account(house, maria) == 0


async def test_of_a_sign_in_and_a_no_at_once_nothing_remains(house: Service) -> None:
    maria = await agreeing(house)
    browsers = [await visited(house, "/") for _ in range(4)]
    await asyncio.gather(
        *(browser.sign_in(maria.email) for browser in browsers[:2]),
        house.client.post(CONSENTS, json=NO, headers=maria.headers),
        *(browser.sign_in(maria.email) for browser in browsers[2:]),
    )
    assert await of_account(house, maria) == 0


async def test_a_no_while_the_history_is_joined_comes_first_or_erases_it(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The no is said between the first look and the transaction, where the race is lost."""
    maria, browser = await agreeing(house), await visited(house, "/")
    asked = consents.allows

    async def allows(*question: Any) -> bool:
        answer = await asked(*question)
        await say_consent(house.platform, maria.id, granted=False, purpose="analytics")
        return answer

    monkeypatch.setattr(consents, "allows", allows)
    assert (await browser.sign_in(maria.email)).status_code == 200
    assert await of_account(house, maria) == 0


async def test_a_shared_browser_gives_each_account_its_own_part(house: Service) -> None:
    maria, jose = await agreeing(house), await agreeing(house)
    browser = await visited(house, "/maria")
    await browser.sign_in(maria.email)
    await browser.report(view("/jose"))
    await browser.sign_in(jose.email)
    await browser.sign_in(maria.email)
    assert [item["path"] for item in await joined(house, maria)] == ["/maria"]
    assert [item["path"] for item in await joined(house, jose)] == ["/jose"]
    await browser.say(cookies_analytics=False)
    assert await joined(house, maria) == await joined(house, jose) == []


async def test_a_colleagues_browsing_is_not_the_accounts(house: Service) -> None:
    maria = await agreeing(house)
    finance = await add_member(house.platform, maria.id, "invoices")
    officer = await add_member(house.platform, maria.id, "consents")
    assert code(await house.client.get(OWN, headers=finance.headers)) == (403, "forbidden")
    browser = await visited(house, "/dela")
    assert (await browser.sign_in(finance.email)).status_code == 200
    assert await joined(house, maria) == []
    assert (await browser.sign_in(officer.email)).status_code == 200
    assert len(await joined(house, officer)) == 1
    assert await joined(house, officer) == await joined(house, maria)


async def test_joining_is_on_record(house: Service) -> None:
    maria = await agreeing(house)
    browser = await visited(house, "/", "/planos")
    await browser.sign_in(maria.email)
    await browser.sign_in(maria.email)
    [event] = await events(
        house.platform, action="auth:analytics_event:join", actor_id=maria.login_id
    )
    assert (event.rows, event.subject_id, event.outcome) == (2, None, "allowed")
    assert str(browser.id) not in repr(event)


@pytest.mark.parametrize("role", ["director", "systems_engineer", "privacy_officer", "marketing"])
async def test_staff_are_shown_no_row(house: Service, role: str) -> None:
    maria = await agreeing(house)
    browser = await visited(house, "/segredo-de-maria")
    await browser.sign_in(maria.email)
    person = await add_staff(house.platform, role)
    seen = (await house.client.get("/v1/staff/visibility", headers=person.headers)).json()
    assert "analytics_event" not in seen["resources"]
    answer = await house.client.get(OWN, headers=person.headers)
    assert answer.status_code == 401
