"""What the authenticator in software cannot show: that a browser understands us, and we it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.security.passkeys import (
    Claim,
    PasskeyRefused,
    RelyingParty,
    claim_of,
    new_challenge,
    relying_party,
)
from tests.support.authenticator import VERIFIED_BY_FINGER
from tests.support.browser import CREATE, GET, BrowserError, Page, browsing

pytestmark = pytest.mark.needs_program("chromium")
HANDLE = b"\x07" * 16


class EmptyPage(BaseHTTPRequestHandler):
    """Answers everything with nothing to see."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep it to oneself."""


@pytest.fixture
def port() -> Iterator[int]:
    """Where an empty page is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


async def create(page: Page, site: RelyingParty, challenge: bytes, *known: Any) -> Any:
    options = site.creation_options(
        challenge=challenge,
        user_handle=HANDLE,
        user_name="maria@exemplo.com.br",
        display_name="Maria",
        known=known,
    )
    return await page.call(CREATE, options)


async def test_chromium_makes_and_uses_a_passkey(port: int, tmp_path: Path) -> None:
    site = relying_party((f"http://127.0.0.1:{port}",), "Alainer")
    async with browsing(tmp_path) as browser:
        page = await browser.open(f"http://localhost:{port}/")
        await page.send("WebAuthn.enable")
        await page.send("WebAuthn.addVirtualAuthenticator", options=VERIFIED_BY_FINGER)
        challenge = new_challenge()
        passkey = site.registered(await create(page, site, challenge), challenge)
        assert passkey.transports == ("internal",)

        with pytest.raises(BrowserError, match="InvalidStateError"):  # it is there already
            await create(page, site, new_challenge(), passkey)

        challenge = new_challenge()
        answer = await page.call(GET, site.request_options(challenge=challenge))
        assert claim_of(answer) == Claim(passkey.credential_id, HANDLE)
        assert site.authenticated(answer, challenge, passkey) > passkey.sign_count
        with pytest.raises(PasskeyRefused):
            site.authenticated(answer, new_challenge(), passkey)

        # A page elsewhere is refused by the browser itself, and its answers by us.
        await page.go(f"http://127.0.0.1:{port}/")
        with pytest.raises(BrowserError, match="SecurityError"):
            await page.call(GET, site.request_options(challenge=challenge))
        elsewhere = RelyingParty(site.id, "Alainer", ("https://localhost",))
        with pytest.raises(PasskeyRefused):
            elsewhere.authenticated(answer, challenge, passkey)
