"""The browser application in a real browser: it stays signed in by its cookie, and nobody else
makes use of that. Pages on one host are of one site and several origins; 127.0.0.1 is another site.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select
from starlette.types import ASGIApp, Receive, Scope, Send

from app.models import AuditEvent, Session
from tests.support.browser import Browser, BrowserError, Page, browsing
from tests.support.databases import Databases
from tests.support.people import PASSWORD, CustomerPerson, add_customer
from tests.support.records import rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.needs_program("chromium")

SIGN_IN = """async (api, username, password) => {
    const form = new URLSearchParams({username, password, delivery: 'cookie'});
    const answer = await fetch(api + '/v1/auth/customer/token',
        {method: 'POST', body: form, credentials: 'include'});
    return {status: answer.status, body: await answer.json()};
}"""
PROOF = "document.cookie.match(/__Host-salvaguarda-csrf=([^;]+)/)?.[1] ?? null"
REFRESH = """async (api, proof) => {
    const headers = proof === null ? {} : {'X-CSRF-Token': proof};
    const answer = await fetch(api + '/v1/auth/refresh',
        {method: 'POST', headers, credentials: 'include'});
    return {status: answer.status, body: await answer.json()};
}"""
PROFILE = """async (api, token) => (await fetch(api + '/v1/customer/profile',
    {headers: {Authorization: 'Bearer ' + token}})).status"""
LEAVE = """async (api, token) => (await fetch(api + '/v1/auth/logout', {method: 'POST',
    credentials: 'include', headers: {Authorization: 'Bearer ' + token}})).status"""
BLIND = """async (api, path, form) => (await fetch(api + path, {method: 'POST', mode: 'no-cors',
    credentials: 'include', body: new URLSearchParams(form)})).type"""
SUBMIT = """(address, fields) => {
    const form = document.body.appendChild(document.createElement('form'));
    form.method = 'post'; form.action = address;
    for (const [name, value] of Object.entries(fields)) {
        const input = form.appendChild(document.createElement('input'));
        input.type = 'hidden'; input.name = name; input.value = value;
    }
    form.submit();
}"""
EMPTY = b"<!doctype html><title>Uma pagina</title><body></body>"


class EmptyPage(BaseHTTPRequestHandler):
    """Another web server: every path is an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(EMPTY)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep it to oneself."""


@contextmanager
def pages() -> Iterator[int]:
    """Such a server on loopback; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def beside_a_page(service: ASGIApp, seen: list[tuple[str, bool]]) -> ASGIApp:
    """The service, and the application's own page at ``/``: what a proxy puts on one host.

    Notes of whose pages each request is, and whether it brought the refresh token's cookie.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        brought = b"salvaguarda-refresh" in headers.get(b"cookie", b"")
        seen.append((headers.get(b"origin", b"").decode(), brought))
        if scope["type"] != "http" or scope["path"] != "/":
            await service(scope, receive, send)
            return
        html = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": html})
        await send({"type": "http.response.body", "body": EMPTY})

    return app


@asynccontextmanager
async def listening(app: ASGIApp, door: socket.socket) -> AsyncIterator[None]:
    """An app that is started already, on a real port."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving_on = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving_on


@dataclass(frozen=True)
class World:
    """The service at `api`, where the application's page is as well, and pages of others."""

    service: Service
    browser: Browser
    maria: CustomerPerson
    api: str
    listed: str
    sibling: str
    evil: str
    seen: list[tuple[str, bool]]

    async def renewals(self) -> list[str]:
        """How each renewal ended that is on record."""
        found = await rows(
            self.service.platform,
            select(AuditEvent.outcome)
            .where(AuditEvent.action == "auth:session:renew")
            .order_by(AuditEvent.id),
        )
        return [row.outcome for row in found]


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[World]:
    with (
        databases.fresh("sqlite") as url,
        pages() as listed,
        pages() as sibling,
        pages() as evil,
        socket.socket() as door,
    ):
        door.bind(("127.0.0.1", 0))
        api, friend = f"http://localhost:{door.getsockname()[1]}", f"http://localhost:{listed}"
        seen: list[tuple[str, bool]] = []
        chosen = {"public_url": api, "cors_origins": (friend,)}
        async with (
            serving(url, tmp_path / "var", **chosen) as service,
            listening(beside_a_page(service.app, seen), door),
            browsing(tmp_path) as browser,
        ):
            yield World(
                service,
                browser,
                await add_customer(service.platform),
                api,
                friend,
                f"http://localhost:{sibling}",
                f"http://127.0.0.1:{evil}",
                seen,
            )


async def entered(world: World) -> Page:
    """The application's page, where Maria has signed in."""
    page = await world.browser.open(world.api)
    answer = await page.call(SIGN_IN, world.api, world.maria.email, PASSWORD)
    assert answer["status"] == 200
    assert "refresh_token" not in answer["body"]
    assert answer["body"]["csrf_token"] == await page.evaluate(PROOF)
    return page


async def stays(world: World, page: Page) -> str:
    """It is still signed in: the access token that it gets by its cookie."""
    answer = await page.call(REFRESH, world.api, await page.evaluate(PROOF))
    assert answer["status"] == 200, answer
    token: str = answer["body"]["access_token"]
    return token


async def test_a_page_signs_in_is_reloaded_goes_on_and_leaves(world: World) -> None:
    page = await entered(world)
    for path in ("/", "/v1/auth/"):  # where it is sent, no script reads it either
        await page.go(world.api + path)
        assert "refresh" not in await page.evaluate("document.cookie")
    await page.go(world.api)  # whatever it had in memory is gone
    token = await stays(world, page)
    assert await page.call(PROFILE, world.api, token) == 200
    # Two tabs, at once.
    other = await world.browser.open(world.api)
    await asyncio.gather(*(stays(world, tab) for tab in (page, other, page, other)))
    token = await stays(world, page)
    assert await page.call(LEAVE, world.api, token) == 204
    assert await page.evaluate(PROOF) is None
    assert (await page.call(REFRESH, world.api, "x"))["status"] == 401  # no cookie is left


async def test_even_its_own_page_says_whose_session_it_is(world: World) -> None:
    page = await entered(world)
    for proof in (None, "x" * 43):
        answer = await page.call(REFRESH, world.api, proof)
        assert (answer["status"], answer["body"]["code"]) == (403, "csrf_refused")
    await stays(world, page)


async def test_a_listed_page_of_our_site_signs_in_and_goes_on(world: World) -> None:
    page = await world.browser.open(world.listed)
    answer = await page.call(SIGN_IN, world.api, world.maria.email, PASSWORD)
    assert answer["status"] == 200
    renewed = await page.call(REFRESH, world.api, answer["body"]["csrf_token"])
    assert renewed["status"] == 200
    assert await page.call(PROFILE, world.api, renewed["body"]["access_token"]) == 200


async def test_a_page_of_another_site_can_do_nothing_with_the_cookie(world: World) -> None:
    page = await entered(world)
    proof = await page.evaluate(PROOF)
    before = await world.renewals()
    evil = await world.browser.open(world.evil)
    for stolen in (None, proof):
        with pytest.raises(BrowserError, match="Failed to fetch"):
            await evil.call(REFRESH, world.api, stolen)
    await blindly(evil, world.api, "/v1/auth/refresh", {})
    assert await world.renewals() == before
    assert (world.evil, False) in world.seen
    assert (world.evil, True) not in world.seen  # the browser does not even bring it
    await stays(world, page)


async def test_an_unlisted_page_of_our_own_site_is_refused_though_the_cookie_comes(
    world: World,
) -> None:
    page = await entered(world)
    sibling = await world.browser.open(world.sibling)
    with pytest.raises(BrowserError, match="Failed to fetch"):
        await sibling.call(REFRESH, world.api, await page.evaluate(PROOF))
    before = await world.renewals()
    await blindly(sibling, world.api, "/v1/auth/refresh", {})
    assert await world.renewals() == before
    assert (world.sibling, True) in world.seen
    await stays(world, page)


@pytest.mark.parametrize("whose", ["evil", "sibling"])
async def test_nobody_signs_a_browser_in_as_somebody_else(world: World, whose: str) -> None:
    """Else what one enters next would end up in the account of whoever laid the trap."""
    page = await entered(world)
    proof = await page.evaluate(PROOF)
    thief = await add_customer(world.service.platform)
    form = {"username": thief.email, "password": PASSWORD, "delivery": "cookie"}
    trap = await world.browser.open(getattr(world, whose))
    await blindly(trap, world.api, "/v1/auth/customer/token", form)
    signed_in = select(Session.id).where(Session.login_id == thief.login_id)
    assert [row.id for row in await rows(world.service.platform, signed_in)] == [thief.session_id]
    assert await page.evaluate(PROOF) == proof
    token = await stays(world, page)
    claims = world.service.platform.tokens.verify(token, "customer")
    assert claims.subject == world.maria.login_id


async def blindly(page: Page, api: str, path: str, fields: dict[str, str]) -> None:
    """What any page can have a browser send without being allowed to read the answer."""
    with suppress(BrowserError):  # an answer for our own site only is not even handed over
        await page.call(BLIND, api, path, fields)
    await page.leave(SUBMIT, api + path, fields)
