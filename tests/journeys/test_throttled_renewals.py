"""A session renews its tokens at a pace: each renewal is written down thrice."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import AccessRecord, AuditEvent, RefreshToken, Session
from app.security.throttle_rules import RULES
from app.services.renewals import GRACE
from tests.support.people import CustomerPerson, add_customer
from tests.support.records import count, rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = "https://clientes.exemplo.com.br"
REFRESH = "__Secure-salvaguarda-refresh"
PACE = RULES["token_refresh"].account
assert PACE is not None
AT_ONCE, LONGEST, ANEW = PACE.tries, PACE.longest, PACE.seconds


@pytest_asyncio.fixture(loop_scope="module")
async def guarded(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service as it is in production, nothing counted yet."""
    folder = tmp_path_factory.mktemp("guarded")
    async with serving(shared_database_url, folder, throttle="on", public_url=OURS) as service:
        yield service


class Tab:
    """A client of one session, which keeps the newest token it got."""

    def __init__(self, service: Service, person: CustomerPerson, *, browser: bool) -> None:
        self._service, self._browser = service, browser
        self.csrf = service.platform.csrf.of(person.session_id)
        self.session_id = person.session_id
        self.token = person.refresh_token

    async def renew(self) -> httpx.Response:
        """Renew, and keep what comes."""
        answer = await self.send(self.token)
        if answer.status_code == 200:
            self.token = _cookie(answer) if self._browser else answer.json()["refresh_token"]
        return answer

    async def send(self, token: str) -> httpx.Response:
        """Send a token in the client's way."""
        sent: dict[str, Any] = {"json": {"refresh_token": token}}
        if self._browser:
            headers = {"Cookie": f"{REFRESH}={token}", "X-CSRF-Token": self.csrf, "Origin": OURS}
            sent = {"headers": headers}
        transport = httpx.ASGITransport(self._service.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.post("/v1/auth/refresh", **sent)

    async def spend_all(self) -> str:
        """Renew as often as there is no wait for it; returns the first token."""
        first = self.token
        answers = [await self.renew() for _ in range(AT_ONCE)]
        assert Counter(answer.status_code for answer in answers) == {200: AT_ONCE}
        return first


def _cookie(answer: httpx.Response) -> str:
    [line] = [line for line in answer.headers.get_list("set-cookie") if line.startswith(REFRESH)]
    return line.partition("=")[2].partition(";")[0]


@pytest_asyncio.fixture(loop_scope="module", params=["json", "cookie"])
async def tab(request: pytest.FixtureRequest, guarded: Service) -> Tab:
    person = await add_customer(guarded.platform)
    return Tab(guarded, person, browser=request.param == "cookie")


async def written(service: Service) -> list[int]:
    """How many rows there are of all that a renewal writes."""
    tables = (RefreshToken, AuditEvent, AccessRecord)
    return [await count(service.platform, table) for table in tables]


async def test_who_renews_all_the_time_waits_and_nothing_is_spent(
    guarded: Service, tab: Tab
) -> None:
    await tab.spend_all()
    before = await written(guarded)
    refused = await tab.renew()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert "set-cookie" not in refused.headers
    assert await written(guarded) == before
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= LONGEST
    guarded.clock.ahead += timedelta(seconds=wait)
    assert (await tab.renew()).status_code == 200


async def test_who_goes_on_gets_one_each_so_many_seconds_and_another_session_all(
    guarded: Service, tab: Tab
) -> None:
    await tab.spend_all()
    waits = []
    for _ in range(6):
        refused = await tab.renew()
        assert refused.status_code == 429
        waits.append(int(refused.headers["retry-after"]))
        guarded.clock.ahead += timedelta(seconds=waits[-1])
        assert (await tab.renew()).status_code == 200
    assert waits[-1] == LONGEST
    assert waits == sorted(waits)
    neighbour = Tab(guarded, await add_customer(guarded.platform), browser=False)
    await neighbour.spend_all()


async def test_after_a_while_the_count_begins_anew(guarded: Service, tab: Tab) -> None:
    await tab.spend_all()
    assert (await tab.renew()).status_code == 429
    guarded.clock.ahead += timedelta(seconds=ANEW)
    await tab.spend_all()


async def test_who_is_refused_as_another_page_is_counted_too(guarded: Service) -> None:
    tab = Tab(guarded, await add_customer(guarded.platform), browser=True)
    first, own = await tab.spend_all(), tab.csrf
    guarded.clock.ahead += GRACE
    tab.csrf = "x"
    await tab.renew()
    before = await written(guarded)
    for token in (first, tab.token):
        assert (await tab.send(token)).status_code == 429
    assert await written(guarded) == before
    tab.csrf = own
    assert (await tab.send(first)).status_code == 401


async def test_a_busy_session_silences_no_alarm(guarded: Service, tab: Tab) -> None:
    """Else a thief who keeps the session busy would keep its owner's spent token unheard."""
    first = await tab.spend_all()
    assert (await tab.renew()).status_code == 429
    assert (await tab.send(first)).status_code == 401
    mine = select(Session.end_reason).where(Session.id == tab.session_id)
    assert [row.end_reason for row in await rows(guarded.platform, mine)] == [
        "refresh_token_reused"
    ]
    # That was the last of it: what is tried after the end is paced, and then writes no more. On a
    # slow machine a second has passed, and one try more is heard.
    for _ in range(3):
        await tab.send(first)
    before = await written(guarded)
    assert (await tab.send(first)).status_code == 429
    assert await written(guarded) == before
