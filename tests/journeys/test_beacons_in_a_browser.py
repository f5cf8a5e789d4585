"""The visitor's cookie and `navigator.sendBeacon` in a real browser.

Pages on one host are of one site and several origins; 127.0.0.1 is another site.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models import AnalyticsEvent
from tests.journeys.test_browser_session import SIGN_IN, beside_a_page, listening, pages
from tests.support.browser import Browser, Page, browsing
from tests.support.databases import Databases
from tests.support.people import PASSWORD, add_customer, say_consent
from tests.support.records import rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.needs_program("chromium")

SAY = """async (api, choices) => {
    const answer = await fetch(api + '/v1/public/cookie-consents', {
        method: 'POST', credentials: 'include',
        headers: {'Content-Type': 'application/json'}, body: JSON.stringify({choices})});
    return {status: answer.status, body: await answer.json()};
}"""
STANDING = """async api => (await (await fetch(api + '/v1/public/cookie-consents',
    {credentials: 'include'})).json()).items.filter(item => item.allowed).length"""
BEACON = """(api, path) => navigator.sendBeacon(api + '/v1/public/analytics/events',
    JSON.stringify({events: [{kind: 'page_view', path, referrer: document.referrer}]}))"""
YES = [{"purpose": "cookies_analytics", "granted": True, "version": 1}]


@dataclass(frozen=True)
class Web:
    """The service at `api`, and pages: of a listed origin, of one that is not, of another site."""

    service: Service
    browser: Browser
    api: str
    listed: str
    sibling: str
    elsewhere: str

    async def stored(self) -> list[str]:
        """The paths that were measured, oldest first."""
        chosen = select(AnalyticsEvent.path).order_by(AnalyticsEvent.id)
        return [path for (path,) in await rows(self.service.platform, chosen)]

    async def sends(self, page: Page, path: str, good: Page) -> list[str]:
        """What stands once the page's beacon, and a good page's after it, had time to come in."""
        assert await page.call(BEACON, self.api, path) is True
        last = f"/depois-{len(await self.stored())}"
        assert await good.call(BEACON, self.api, last) is True
        for _ in range(200):
            found = await self.stored()
            if last in found:
                return [path for path in found if not path.startswith("/depois")]
            await asyncio.sleep(0.05)
        raise AssertionError("no beacon came in")


@pytest.fixture
async def web(databases: Databases, tmp_path: Path) -> AsyncIterator[Web]:
    with (
        databases.fresh("sqlite") as url,
        pages() as listed,
        pages() as sibling,
        pages() as evil,
        socket.socket() as door,
    ):
        door.bind(("127.0.0.1", 0))
        api, friend = f"http://localhost:{door.getsockname()[1]}", f"http://localhost:{listed}"
        chosen: dict[str, Any] = {"public_url": api, "cors_origins": (friend,)}
        async with (
            serving(url, tmp_path / "var", **chosen) as service,
            listening(beside_a_page(service.app, []), door),
            browsing(tmp_path) as browser,
        ):
            yield Web(
                service,
                browser,
                api,
                friend,
                f"http://localhost:{sibling}",
                f"http://127.0.0.1:{evil}",
            )


async def test_a_listed_page_asks_and_reports(web: Web) -> None:
    page = await web.browser.open(web.listed)
    assert await page.call(STANDING, web.api) == 0
    answer = await page.call(SAY, web.api, YES)
    assert answer["status"] == 200, answer
    assert "salvaguarda" not in await page.evaluate("document.cookie"), "no script reads it"
    assert await page.call(STANDING, web.api) == 1
    assert await web.sends(page, "/planos", page) == ["/planos"]
    for foreign in (web.sibling, web.elsewhere):
        other = await web.browser.open(foreign)
        assert await web.sends(other, "/roubado", page) == ["/planos"], foreign
    maria = await add_customer(web.service.platform)
    await say_consent(web.service.platform, maria.id, granted=True, purpose="analytics")
    signed_in = await page.call(SIGN_IN, web.api, maria.email, PASSWORD)
    assert signed_in["status"] == 200
    joined = await web.service.client.get("/v1/customer/analytics-events", headers=maria.headers)
    assert "/planos" in [item["path"] for item in joined.json()["items"]]
    taken = await page.call(SAY, web.api, [{"purpose": "cookies_analytics", "granted": False}])
    assert taken["status"] == 200
    assert await web.stored() == []
