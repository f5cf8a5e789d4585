"""The whole way of a passkey in a real browser, whose page speaks to the service by itself."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.authenticator import VERIFIED_BY_FINGER
from tests.support.browser import CREATE, GET, Page, browsing
from tests.support.people import add_customer
from tests.support.served import on_a_port

pytestmark = pytest.mark.needs_program("chromium")

ASK = """async (path, body, token) => {
    const headers = {"Content-Type": "application/json"};
    if (token) headers.Authorization = "Bearer " + token;
    const answer = await fetch(path, {
        method: "POST", headers, body: body === null ? undefined : JSON.stringify(body)});
    return [answer.status, await answer.json()];
}"""


async def ask(page: Page, path: str, body: Any = None, token: str = "") -> Any:
    status, content = await page.call(ASK, path, body, token)
    assert status in (200, 201), content
    return content


async def test_a_passkey_is_made_signs_in_and_steps_up(database_url: str, tmp_path: Path) -> None:
    async with (
        on_a_port(database_url, tmp_path / "service") as (service, address),
        browsing(tmp_path / "browser") as browser,
    ):
        maria = await add_customer(service.platform)
        # A page of ours with scripts allowed to speak to the service: the API's documentation.
        page = await browser.open(f"{address}/docs")
        await page.send("WebAuthn.enable")
        await page.send("WebAuthn.addVirtualAuthenticator", options=VERIFIED_BY_FINGER)

        place = "/v1/customer/authenticators/passkeys"
        asked = await ask(page, f"{place}/options", token=maria.token)
        made = {
            "challenge_id": asked["challenge_id"],
            "credential": await page.call(CREATE, asked["options"]),
            "name": "Este navegador",
        }
        assert len((await ask(page, place, made, maria.token))["recovery_codes"]) == 10

        door = "/v1/auth/customer/passkey"
        asked = await ask(page, f"{door}/options")
        answer = {
            "challenge_id": asked["challenge_id"],
            "credential": await page.call(GET, asked["options"]),
        }
        tokens = await ask(page, f"{door}/token", answer)
        assert (await page.call(ASK, f"{door}/token", answer, ""))[0] == 401

        asked = await ask(page, "/v1/auth/step-up/options", token=tokens["access_token"])
        proof = {
            "challenge_id": asked["challenge_id"],
            "credential": await page.call(GET, asked["options"]),
        }
        proved = await ask(page, "/v1/auth/step-up", proof, tokens["access_token"])
        assert proved["expires_in"] == 300
