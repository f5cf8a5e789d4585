"""Visitors allow and refuse cookies; a browser's signal is a no."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from app.models import ConsentEvent, ConsentSubject, Purpose, table_of
from app.security.throttle_rules import RULES, Budget, Rule, ThrottledDeed
from app.services import consents
from app.services.standing_consents import standing
from tests.support.records import count, rows
from tests.support.service import Service, serving
from tests.support.trust import code
from tests.support.visitors import ALL, CONSENTS, COOKIE, EVENTS, Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

GPC = {"Sec-GPC": "1"}
OURS, LISTED, EVIL = (
    "https://api.exemplo.com.br",
    "https://www.exemplo.com.br",
    "https://evil.example",
)

SIGNAL = {"signal": "Sec-GPC", "version_named": False}
DESPITE = {"despite": "Sec-GPC"}
UNREAD = {"version_named": False}
"""A no names no words."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service beside one of the agency's sites, with tries counted."""
    chosen = {"public_url": OURS, "cors_origins": (LISTED,), "throttle": "on"}
    async with serving(shared_database_url, tmp_path_factory.mktemp("site"), **chosen) as service:
        yield service


async def ledger(browser: Browser) -> list[Any]:
    found = select(ConsentEvent).where(ConsentEvent.subject_id == browser.id)
    return await rows(browser.house.platform, found.order_by(ConsentEvent.sequence))


async def test_nothing_is_ticked_and_nobody_is_marked_before_they_decide(house: Service) -> None:
    browser = Browser(house)
    assert await browser.standing() == dict.fromkeys(ALL, ("not_asked", False))
    assert browser.cookie is None


async def test_one_call_refuses_all(house: Service) -> None:
    browser = Browser(house)
    answer = await browser.say(**dict.fromkeys(ALL, False))
    assert answer.status_code == 200, answer.text
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie == (
        f"{COOKIE}={browser.cookie}; HttpOnly; Max-Age=15552000; Path=/; SameSite=lax; Secure"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert await browser.standing() == dict.fromkeys(ALL, ("denied", False))
    assert [(event.purpose, event.state) for event in await ledger(browser)] == [
        (purpose, "denied") for purpose in ALL
    ]


async def test_a_yes_is_kept_with_its_words_and_taken_back_by_the_same_call(house: Service) -> None:
    browser = Browser(house)
    said = await browser.send(
        "POST",
        CONSENTS,
        json={
            "choices": [{"purpose": "cookies_analytics", "granted": True, "version": 1}],
            "language": "en",
        },
    )
    [event] = await ledger(browser)
    [state] = [item for item in said.json()["items"] if item["purpose"] == "cookies_analytics"]
    assert state == {
        "id": str(event.id),
        "purpose": "cookies_analytics",
        "purpose_version": 1,
        "state": "granted",
        "expires_at": state["expires_at"],
        "at": state["at"],
        "allowed": True,
    }
    words = (await house.client.get("/v1/public/purposes/cookies_analytics/versions/1")).json()
    assert (event.purpose_hash, event.language) == (words["hash"], "en")
    assert (event.actor_kind, event.channel, event.network) == (
        "anonymous",
        "web",
        "127.0.0.0/24",
    )
    assert event.evidence == {}
    assert (event.actor_id, event.session_id) == (None, None)
    first = browser.cookie
    assert first is not None
    assert (await browser.standing())["cookies_marketing"] == ("not_asked", False)
    await browser.say(cookies_analytics=False)
    assert browser.cookie == first
    assert (await browser.standing())["cookies_analytics"] == ("withdrawn", False)
    assert [event.state for event in await ledger(browser)] == ["granted", "withdrawn"]


async def test_a_decision_lasts_six_months(house: Service, later: Callable[..., None]) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    later(days=179)
    assert (await browser.standing())["cookies_analytics"] == ("granted", True)
    later(days=181)
    assert (await browser.standing())["cookies_analytics"] == ("granted", False)
    await browser.say(cookies_analytics=True)
    assert (await browser.standing())["cookies_analytics"] == ("granted", True)


async def test_a_browser_sees_its_own_decisions_alone(house: Service) -> None:
    one, other = Browser(house), Browser(house)
    await one.say(cookies_analytics=True)
    await other.say(cookies_analytics=False)
    assert one.cookie != other.cookie
    assert (await one.standing())["cookies_analytics"] == ("granted", True)
    forger = Browser(house, cookie=f"{one.cookie}"[:22] + f"{other.cookie}"[22:])
    assert await forger.standing() == dict.fromkeys(ALL, ("not_asked", False))
    await forger.say(cookies_analytics=False)
    assert (await one.standing())["cookies_analytics"] == ("granted", True)
    assert len(await ledger(one)) == len(await ledger(other)) == len(await ledger(forger)) == 1


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"choices": []}, (422, "validation_failed")),
        ({"choices": [{"purpose": "cookies_analytics", "granted": True}]}, None),
        ({"choices": [{"purpose": "cookies_analytics", "granted": "yes"}]}, None),
        ({"choices": [{"purpose": "cookies_necessary", "granted": False}]}, None),
        ({"choices": [{"purpose": "marketing", "granted": True, "version": 1}]}, None),
        ({"choices": [{"purpose": "cookies_analytics", "granted": False}] * 2}, None),
        ({"choices": [{"purpose": "cookies_analytics"}]}, None),
        (
            {"choices": [{"purpose": "cookies_analytics", "granted": True, "version": 2}]},
            (409, "purpose_version_not_current"),
        ),
        ({"choices": [{"purpose": "cookies_analytics", "granted": False}], "x": 1}, None),
    ],
)
async def test_what_is_no_choice_changes_nothing(
    house: Service, body: object, refused: tuple[int, str] | None
) -> None:
    browser = Browser(house)
    before = await count(house.platform, ConsentEvent), await count(house.platform, ConsentSubject)
    answer = await browser.send("POST", CONSENTS, json=body)
    if refused is None:
        assert answer.status_code == 422, answer.text
    else:
        assert code(answer) == refused
    assert browser.cookie is None
    assert before == (
        await count(house.platform, ConsentEvent),
        await count(house.platform, ConsentSubject),
    )


async def test_of_two_choices_both_or_none_are_kept(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    choices = [
        {"purpose": "cookies_analytics", "granted": False},
        {"purpose": "cookies_marketing", "granted": True, "version": 7},
    ]
    answer = await browser.send("POST", CONSENTS, json={"choices": choices})
    assert code(answer) == (409, "purpose_version_not_current")
    assert (await browser.standing())["cookies_analytics"] == ("granted", True)


async def test_a_signal_is_a_no_to_everything_and_noted_once_at_a_time(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True, cookies_preferences=False)
    browser.headers |= GPC
    found = await asyncio.gather(*(browser.standing() for _ in range(4)))
    assert (
        found
        == [
            {
                "cookies_analytics": ("withdrawn", False),
                "cookies_marketing": ("denied", False),
                "cookies_preferences": ("denied", False),
            }
        ]
        * 4
    )
    noted = [event for event in await ledger(browser) if "signal" in event.evidence]
    assert [(event.purpose, event.evidence) for event in noted] == [
        (purpose, SIGNAL) for purpose in ALL
    ]
    assert all(event.actor_kind == "anonymous" for event in noted)


def said(events: list[Any]) -> list[tuple[str, str, Any]]:
    return [(event.purpose, event.state, event.evidence) for event in events]


async def test_each_signal_takes_back_what_was_allowed_since_the_last(house: Service) -> None:
    browser = Browser(house)
    await browser.say(**dict.fromkeys(ALL, True))
    for _ in range(3):
        before = len(await ledger(browser))
        browser.headers |= GPC
        for _ in range(2):
            assert await browser.standing() == dict.fromkeys(ALL, ("withdrawn", False))
        assert said((await ledger(browser))[before:]) == [
            (purpose, "withdrawn", SIGNAL) for purpose in ALL
        ]
        del browser.headers["Sec-GPC"]
        assert await browser.standing() == dict.fromkeys(ALL, ("withdrawn", False)), "from then on"
        await browser.say(**dict.fromkeys(ALL, True))
        assert await browser.standing() == dict.fromkeys(ALL, ("granted", True))


async def test_a_signal_says_no_once_more_of_what_was_refused_by_hand(house: Service) -> None:
    browser = Browser(house)
    browser.headers |= GPC
    await browser.say(cookies_analytics=False)
    del browser.headers["Sec-GPC"]
    await browser.say(cookies_marketing=False)
    browser.headers |= GPC
    for _ in range(2):
        await browser.standing()
    assert said(await ledger(browser)) == [
        ("cookies_analytics", "denied", DESPITE | UNREAD),
        ("cookies_marketing", "denied", SIGNAL),
        ("cookies_preferences", "denied", SIGNAL),
        ("cookies_marketing", "denied", UNREAD),
        ("cookies_marketing", "denied", SIGNAL),
    ]


async def test_a_yes_under_the_signal_is_kept_as_said_and_never_counts(house: Service) -> None:
    browser = Browser(house)
    browser.headers |= GPC
    answer = await browser.say(cookies_analytics=True)
    assert answer.json()["signal"] is True
    refused = {
        "cookies_analytics": ("withdrawn", False),
        "cookies_marketing": ("denied", False),
        "cookies_preferences": ("denied", False),
    }
    assert await browser.standing() == refused
    assert said(await ledger(browser)) == [
        ("cookies_analytics", "granted", DESPITE),
        ("cookies_analytics", "withdrawn", SIGNAL),
        ("cookies_marketing", "denied", SIGNAL),
        ("cookies_preferences", "denied", SIGNAL),
    ]
    del browser.headers["Sec-GPC"]
    assert await browser.standing() == refused
    await browser.say(cookies_analytics=True)
    assert (await browser.standing())["cookies_analytics"] == ("granted", True)


async def test_of_a_yes_and_signals_at_once_the_signal_remains(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=False)
    signalling = Browser(house, cookie=browser.cookie)
    signalling.headers |= GPC
    for _ in range(3):
        await asyncio.gather(
            browser.say(cookies_analytics=True), *(signalling.standing() for _ in range(3))
        )
        await signalling.standing()
        assert (await browser.standing())["cookies_analytics"] == ("withdrawn", False)


async def test_a_signal_alone_marks_nobody(house: Service) -> None:
    browser = Browser(house)
    browser.headers |= GPC
    before = await count(house.platform, ConsentSubject)
    assert await browser.standing() == dict.fromkeys(ALL, ("not_asked", False))
    assert browser.cookie is None
    assert await count(house.platform, ConsentSubject) == before
    for value in ("0", "", "true"):
        other = Browser(house, headers={"Sec-GPC": value})
        await other.say(cookies_analytics=True)
        assert (await other.standing())["cookies_analytics"] == ("granted", True)


async def test_choices_at_once_have_one_order(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=False)
    await asyncio.gather(*(browser.say(cookies_analytics=bool(number % 2)) for number in range(8)))
    events = await ledger(browser)
    assert [event.sequence for event in events] == list(range(1, 10))
    assert (await browser.standing())["cookies_analytics"][0] == events[-1].state


async def test_the_one_look_up_says_what_allows_says(
    house: Service, later: Callable[..., None]
) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True, cookies_marketing=False)
    for days in (0, 179, 181):
        later(days=days)
        found = await standing(house.platform, browser.id)
        for purpose in (*ALL, "cookies_necessary", "marketing", "unknown"):
            asked = await consents.allows(house.platform, browser.id, purpose)
            by_consent = purpose not in ("cookies_necessary",)
            assert (purpose in found) == (asked and by_consent), (days, purpose)


async def test_pages_of_listed_origins_may_bring_the_cookie(site: Service) -> None:
    for path in (CONSENTS, EVENTS, "/v1/public/purposes"):
        answer = await site.client.options(
            path,
            headers={
                "Origin": LISTED,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            },
        )
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == LISTED
        allowed = answer.headers.get("access-control-allow-credentials")
        assert allowed == (None if path.endswith("purposes") else "true")


async def test_pages_of_others_say_nothing_for_anybody(site: Service) -> None:
    browser = Browser(site)
    await browser.say(cookies_analytics=False)
    for foreign in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        thief = Browser(site, headers=foreign, cookie=browser.cookie)
        assert code(await thief.say(cookies_analytics=True)) == (403, "csrf_refused")
        assert code(await thief.report({"kind": "link", "path": "/"})) == (403, "csrf_refused")
    for own in ({"Origin": LISTED}, {"Origin": OURS}, {"Sec-Fetch-Site": "same-site"}):
        assert (await Browser(site, headers=own).say(cookies_analytics=True)).status_code == 200
    assert (await browser.standing())["cookies_analytics"] == ("denied", False)


async def test_a_network_that_reports_too_much_waits(
    site: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(RULES["analytics"], network=Budget(2, 60))
    monkeypatch.setitem(cast(dict[ThrottledDeed, Rule], RULES), "analytics", few)
    answers = [await Browser(site).report({"kind": "link", "path": "/"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert int(answers[-1].headers["retry-after"]) <= 60


async def test_who_decides_all_day_waits_and_may_then_refuse(site: Service) -> None:
    browser = Browser(site)
    answers: list[httpx.Response] = []
    for number in range(30):
        answers.append(await browser.say(cookies_analytics=bool(number % 2)))
        if answers[-1].status_code == 429:
            break
    assert len(answers) > 20
    wait = int(answers[-1].headers["retry-after"])
    assert wait <= 60
    site.clock.ahead = timedelta(seconds=wait + 1)
    assert (await browser.say(cookies_analytics=False)).status_code == 200


async def test_a_yes_to_words_that_no_longer_count_is_none(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_preferences=True)
    assert (await browser.standing())["cookies_preferences"] == ("granted", True)
    first = select(table_of(Purpose)).where(Purpose.key == "cookies_preferences")
    [words] = await rows(house.platform, first)
    newer = {"version": 2, "consent_kept_from": 2, "published_at": house.clock(), "hash": "0" * 64}
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(Purpose).values(**words._asdict() | newer))
    assert (await browser.standing())["cookies_preferences"] == ("granted", False)
    assert not await consents.allows(house.platform, browser.id, "cookies_preferences")
