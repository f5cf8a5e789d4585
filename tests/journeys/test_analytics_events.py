"""What pages report is stored as far as the visitor allows it, and no further."""

import asyncio
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.core import telemetry
from app.core.ids import id_at
from app.core.moments import months_before
from app.models import AnalyticsEvent
from app.services import analytics_events, consent_expiry
from tests.support.records import count, rows
from tests.support.service import Service
from tests.support.trust import code
from tests.support.visitors import AGENT, EVENTS, Browser, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

GPC = {"Sec-GPC": "1"}


async def stored(browser: Browser) -> list[Any]:
    found = select(AnalyticsEvent).where(AnalyticsEvent.subject_id == browser.id)
    return await rows(browser.house.platform, found.order_by(AnalyticsEvent.id))


async def test_without_a_yes_nothing_at_all_is_stored(house: Service) -> None:
    before = await count(house.platform, AnalyticsEvent)
    stranger, undecided, refusing = Browser(house), Browser(house), Browser(house)
    await undecided.say(cookies_marketing=True)
    await refusing.say(cookies_analytics=False)
    forger = Browser(house, cookie="A" * 43)
    for browser in (stranger, undecided, refusing, forger):
        answer = await browser.report(view("/"))
        assert (answer.status_code, answer.content) == (204, b"")
        assert "set-cookie" not in answer.headers
    assert await count(house.platform, AnalyticsEvent) == before


async def test_a_page_is_kept_without_what_tells_who(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    answer = await browser.report(
        view(
            "/planos/maria@exemplo.com.br?cpf=52998224725#topo",
            referrer="https://Busca.exemplo/?q=maria",
            campaign="natal-2026",
            ago_ms=60_000,
        ),
        {"kind": "form", "path": "/contato"},
    )
    assert answer.status_code == 204, answer.text
    page, form = await stored(browser)
    assert (page.kind, page.path, page.referrer) == ("page_view", "/planos/*", "busca.exemplo")
    assert (page.device, page.network) == ("Firefox, Windows", "127.0.0.0/24")
    assert page.campaign is None, "no consent to marketing cookies"
    assert page.customer_id is None
    assert timedelta(seconds=59) < form.at - page.at < timedelta(seconds=61)
    assert (form.kind, form.path, form.referrer) == ("form", "/contato", None)
    whole = repr([tuple(page), tuple(form)])
    assert "maria" not in whole
    assert "529" not in whole
    assert AGENT not in whole


async def test_campaigns_are_kept_while_marketing_cookies_are_allowed(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True, cookies_marketing=True)
    await browser.report(view("/", campaign="natal-2026"))
    [event] = await stored(browser)
    assert event.campaign == "natal-2026"
    await browser.say(cookies_marketing=False)
    [event] = await stored(browser)
    assert event.campaign is None, "taken back"
    await browser.report(view("/", campaign="natal-2026"))
    assert [event.campaign for event in await stored(browser)] == [None, None]


async def test_a_no_erases_what_was_measured(house: Service) -> None:
    browser, other = Browser(house), Browser(house)
    for one in (browser, other):
        await one.say(cookies_analytics=True)
        await one.report(view("/a"), view("/b"))
    await browser.say(cookies_analytics=False)
    assert await stored(browser) == []
    assert len(await stored(other)) == 2
    await browser.report(view("/c"))
    assert await stored(browser) == []


async def test_a_signal_erases_and_stores_nothing_whatever_stands(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    await browser.report(view("/a"))
    await browser.report(view("/b"), **GPC)
    assert await stored(browser) == []
    await browser.say(cookies_analytics=True)
    await browser.report(view("/c"))
    await browser.report(view("/d"), **GPC)
    assert await stored(browser) == [], "each time"
    await browser.report(view("/e"))
    assert await stored(browser) == [], "and from then on"


async def test_of_reports_and_a_no_at_once_nothing_remains(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    await asyncio.gather(
        *(browser.report(view("/a")) for _ in range(6)),
        browser.say(cookies_analytics=False),
        *(browser.report(view("/b")) for _ in range(6)),
    )
    assert await stored(browser) == []


async def test_a_consent_that_ran_out_stores_nothing(
    house: Service, later: Callable[..., None]
) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    await browser.report(view("/antes"))
    later(days=181)
    await browser.report(view("/depois"))
    await consent_expiry.work(house.platform)
    assert (await browser.standing())["cookies_analytics"] == ("expired", False)
    await browser.report(view("/depois"))
    assert [event.path for event in await stored(browser)] == ["/antes"], "13 months, as was said"
    await browser.say(cookies_analytics=False)
    assert await stored(browser) == []


async def test_a_flood_of_one_visitor_is_dropped(
    house: Service, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics_events, "MOST_PER_HOUR", 7)
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    answers = await asyncio.gather(
        *(browser.report(*(view(f"/{number}") for _ in range(5))) for number in range(4))
    )
    assert {answer.status_code for answer in answers} == {204}
    assert len(await stored(browser)) == 7
    later(hours=1, seconds=5)
    await browser.report(view("/"))
    assert len(await stored(browser)) == 8


@pytest.mark.parametrize(
    ("event", "accepted"),
    [
        (view("/"), True),
        (view("/", ago_ms=3_600_000), True),
        (view("/", ago_ms=3_600_001), False),
        (view("/", ago_ms=-1), False),
        (view("/", ago_ms=True), False),
        (view("planos"), False),
        (view("/\x00"), False),
        (view("/", referrer=None, campaign=None), True),
        (view("/", referrer="android-app://x"), True),
        (view("/", campaign="Natal 2026!"), True),
        (view("/", campaign="x" * 101), False),
        (view("/", user="maria"), False),
        ({"kind": "login", "path": "/"}, False),
        ({"kind": "page_view"}, False),
    ],
)
async def test_only_what_is_listed_is_taken(
    house: Service, event: dict[str, Any], accepted: bool
) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    answer = await browser.report(event, view("/segunda"))
    assert answer.status_code == (204 if accepted else 422), answer.text
    assert len(await stored(browser)) == (2 if accepted else 0)


async def test_batches_are_small(house: Service) -> None:
    browser = Browser(house)
    await browser.say(cookies_analytics=True)
    assert (await browser.report(*[view("/")] * 50)).status_code == 204
    assert code(await browser.report(*[view("/")] * 51)) == (422, "validation_failed")
    assert code(await browser.report()) == (422, "validation_failed")
    big = json.dumps({"events": [view("/" + "a" * 1900)] * 40})
    answer = await browser.send(
        "POST", EVENTS, content=big, headers={"Content-Type": "application/json"}
    )
    assert code(answer) == (413, "payload_too_large")
    assert len(await stored(browser)) == 50


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 204),
        ("text/plain;charset=UTF-8", 204),
        ("text/plain", 204),
        ("text/plain;charset=iso-8859-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/octet-stream", 415),
        (None, 415),
    ],
)
async def test_it_is_json_whatever_it_is_called(
    house: Service, media_type: str | None, status: int
) -> None:
    body = json.dumps({"events": [view("/")]}).encode()
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = await Browser(house).send("POST", EVENTS, content=body, headers=headers)
    assert answer.status_code == status
    if status == 204:
        broken = await Browser(house).send("POST", EVENTS, content=b"{", headers=headers)
        assert code(broken) == (400, "malformed_json")


async def test_plain_text_is_nobody_elses(house: Service) -> None:
    answer = await house.client.post(
        "/v1/public/cookie-consents", content=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert code(answer) == (415, "unsupported_media_type")


async def test_no_log_line_holds_the_cookie_or_the_agent(house: Service) -> None:
    browser = Browser(house)
    log = io.BytesIO()
    telemetry.configure(production=True, level="debug", stream=log)
    try:
        await browser.say(cookies_analytics=True)
        await browser.report(view("/segredo"))
    finally:
        telemetry.configure(production=False)
    assert b"/v1/public/analytics/events" in log.getvalue()
    assert browser.cookie is not None
    for secret in (browser.cookie, str(browser.id), AGENT, "segredo"):
        assert secret.encode() not in log.getvalue()


async def test_what_is_old_is_forgotten_in_small_steps(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics_events, "PURGED_AT_ONCE", 2)
    browser = Browser(house)
    await browser.say(cookies_analytics=True, cookies_marketing=True)
    await browser.report(*[view("/", campaign="natal")] * 14)
    now = house.clock()
    ages = [0, *[5] * 3, *[7] * 5, *[14] * 5]
    async with house.platform.database.transaction() as connection:
        for place, (event, months) in enumerate(zip(await stored(browser), ages, strict=True)):
            moved = id_at(months_before(now, months)).int + place
            await connection.execute(
                update(AnalyticsEvent)
                .where(AnalyticsEvent.id == event.id)
                .values(id=UUID(int=moved))
            )
    await analytics_events.purge(house.platform)
    kept = await rows(
        house.platform,
        select(AnalyticsEvent.campaign, func.count())
        .where(AnalyticsEvent.subject_id == browser.id)
        .group_by(AnalyticsEvent.campaign),
    )
    assert {tuple(row) for row in kept} == {("natal", 4), (None, 5)}
