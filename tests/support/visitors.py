"""Browsers of people without an account, as the agency's sites see them."""

import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import httpx

from tests.support.people import PASSWORD
from tests.support.service import Service

COOKIE = "__Host-salvaguarda-visitor"
CONSENTS = "/v1/public/cookie-consents"
EVENTS = "/v1/public/analytics/events"
AGENT = "Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0"
ALL = ("cookies_analytics", "cookies_marketing", "cookies_preferences")


@dataclass
class Browser:
    """One browser: it keeps our cookie and brings it along; `headers` go with each request."""

    house: Service
    headers: dict[str, str] = field(default_factory=lambda: {"User-Agent": AGENT})
    cookie: str | None = None

    @property
    def id(self) -> UUID:
        """The subject that the cookie stands for."""
        found = self.house.platform.visitor_marks.read(self.cookie or "")
        assert found is not None
        return found

    async def send(self, method: str, path: str, /, **content: Any) -> httpx.Response:
        """Ask, and keep the cookie of the answer."""
        own = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        headers = self.headers | own | content.pop("headers", {})
        answer = await self.house.client.request(method, path, headers=headers, **content)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if name == COOKIE:
                    self.cookie = morsel.value
        return answer

    async def say(self, /, **choices: bool) -> httpx.Response:
        """Yes or no to each purpose named."""
        said = [
            {"purpose": purpose, "granted": granted} | ({"version": 1} if granted else {})
            for purpose, granted in choices.items()
        ]
        return await self.send("POST", CONSENTS, json={"choices": said})

    async def standing(self) -> dict[str, tuple[str, bool]]:
        """What the service says stands: (state, allowed) by purpose."""
        answer = await self.send("GET", CONSENTS)
        assert answer.status_code == 200, answer.text
        return {
            item["purpose"]: (item["state"], item["allowed"]) for item in answer.json()["items"]
        }

    async def report(self, *events: dict[str, Any], **headers: str) -> httpx.Response:
        """What `navigator.sendBeacon` sends."""
        body = json.dumps({"events": list(events)})
        kind = {"Content-Type": "text/plain;charset=UTF-8"}
        return await self.send("POST", EVENTS, content=body, headers=kind | headers)

    async def sign_in(self, email: str, **headers: str) -> httpx.Response:
        """Sign in as a customer from this browser."""
        form = {"username": email, "password": PASSWORD}
        return await self.send("POST", "/v1/auth/customer/token", data=form, headers=headers)


def view(path: str = "/", **members: Any) -> dict[str, Any]:
    """A page that was seen."""
    return {"kind": "page_view", "path": path} | members
