"""The browser application's tokens: a cookie that no script reads, and proof of whose page asks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import RefreshToken
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    add_customer,
    add_staff,
    bearer,
)
from tests.support.records import events, rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFRESH, CSRF = "__Secure-salvaguarda-refresh", "__Host-salvaguarda-csrf"
OURS, LISTED, EVIL = (
    "https://clientes.exemplo.com.br",
    "https://painel.exemplo.com.br",
    "https://evil.example",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service behind an address of its own, with one more listed."""
    folder = tmp_path_factory.mktemp("site")
    chosen = {"public_url": OURS, "cors_origins": (LISTED,)}
    async with serving(shared_database_url, folder, **chosen) as service:
        yield service


class Jar(dict[str, str]):
    """What a browser keeps, and sends along to `/v1/auth`."""

    def keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.pop(name, None)
                else:
                    self[name] = morsel.value

    @property
    def header(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.items())}


async def post(
    site: Service, path: str, jar: Jar | None = None, headers: Any = None, **content: Any
) -> httpx.Response:
    """What a browser sends; the client itself keeps no cookies."""
    sent = {**(jar.header if jar else {}), **(headers or {})}
    transport = httpx.ASGITransport(site.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.post(f"/v1/auth/{path}", headers=sent, **content)
    if jar is not None:
        jar.keep(answer)
    return answer


async def sign_in(site: Service, maria: CustomerPerson, headers: Any = None) -> httpx.Response:
    form = {"username": maria.email, "password": PASSWORD, "delivery": "cookie"}
    return await post(site, "customer/token", Jar(), headers, data=form)


async def entered(site: Service) -> tuple[Jar, httpx.Response]:
    answer = await sign_in(site, await add_customer(site.platform), {"Origin": OURS})
    assert answer.status_code == 200
    jar = Jar()
    jar.keep(answer)
    return jar, answer


async def renew(site: Service, jar: Jar, csrf: str | None = None, **headers: str) -> httpx.Response:
    proof = {"X-CSRF-Token": jar[CSRF] if csrf is None else csrf}
    return await post(site, "refresh", jar, {**proof, **headers})


async def works(site: Service, token: str) -> bool:
    answer = await site.client.get("/v1/customer/profile", headers=bearer(token))
    return answer.status_code == 200


async def test_the_refresh_token_is_in_a_cookie_and_not_in_the_answer(site: Service) -> None:
    jar, answer = await entered(site)
    tokens = answer.json()
    assert "refresh_token" not in tokens
    assert tokens["csrf_token"] == jar[CSRF]
    assert jar[REFRESH].encode() not in answer.content
    secret, readable = answer.headers.get_list("set-cookie")
    assert secret == (
        f"{REFRESH}={jar[REFRESH]}; HttpOnly; Max-Age=2592000; Path=/v1/auth; SameSite=strict;"
        " Secure"
    )
    assert readable == f"{CSRF}={jar[CSRF]}; Max-Age=2592000; Path=/; SameSite=strict; Secure"
    assert answer.headers["cache-control"] == "no-store"
    assert await works(site, tokens["access_token"])


async def test_other_clients_get_both_in_the_answer_and_no_cookie(site: Service) -> None:
    maria = await add_customer(site.platform)
    for more in ({}, {"delivery": "json"}):
        form = {"username": maria.email, "password": PASSWORD, **more}
        answer = await post(site, "customer/token", data=form)
        assert set(answer.json()) >= {"access_token", "refresh_token"}
        assert "csrf_token" not in answer.json()
        assert "set-cookie" not in answer.headers
        renewed = await post(
            site, "refresh", json={"refresh_token": answer.json()["refresh_token"]}
        )
        assert renewed.status_code == 200
        assert "set-cookie" not in renewed.headers


async def test_a_page_stays_signed_in_by_its_cookie_and_leaves(site: Service) -> None:
    jar, answer = await entered(site)
    session_csrf = jar[CSRF]
    for _ in range(3):
        before = jar[REFRESH]
        answer = await renew(site, jar, Origin=OURS)
        assert answer.status_code == 200
        assert jar[REFRESH] != before
        assert answer.json()["csrf_token"] == jar[CSRF] == session_csrf
        assert "refresh_token" not in answer.json()
    kept = Jar(jar)
    left = await post(site, "logout", jar, bearer(answer.json()["access_token"]))
    assert left.status_code == 204
    assert jar == {}
    assert (await renew(site, kept)).status_code == 401


async def test_staff_can_have_it_too(site: Service) -> None:
    support = await add_staff(site.platform, "support")
    form = {
        "username": support.email,
        "password": PASSWORD,
        "totp": support.code(site.clock()),
        "delivery": "cookie",
    }
    jar = Jar()
    answer = await post(site, "staff/token", jar, data=form)
    assert answer.status_code == 200
    renewed = await renew(site, jar)
    headers = bearer(renewed.json()["access_token"])
    assert (await site.client.get("/v1/staff/visibility", headers=headers)).status_code == 200


@pytest.mark.parametrize("wrong", ["", "x", "\xe9", "0" * 43, "anothers"])
async def test_without_the_sessions_own_proof_nothing_is_spent(site: Service, wrong: str) -> None:
    jar, _ = await entered(site)
    other, _ = await entered(site)
    proof = other[CSRF] if wrong == "anothers" else wrong
    before = Jar(jar)
    answer = await post(site, "refresh", jar, {"X-CSRF-Token": proof.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    [event] = await events(site.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.outcome) == ("auth:session:renew", "refused")
    assert jar == before
    assert (await post(site, "refresh", jar)).status_code == 403  # no header at all
    assert (await renew(site, jar)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Origin": OURS, "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": OURS.upper()}, True),
        ({"Origin": LISTED, "Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({}, True),
        ({"Origin": EVIL}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": OURS + ".evil.example"}, False),
        ({"Origin": OURS.replace("https", "http")}, False),
        ({"Origin": OURS, "Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
async def test_a_page_of_elsewhere_neither_renews_nor_signs_in(
    site: Service, headers: dict[str, str], allowed: bool
) -> None:
    jar, _ = await entered(site)
    answer = await renew(site, jar, **headers)
    assert answer.status_code == (200 if allowed else 403)
    maria = await add_customer(site.platform)
    answer = await sign_in(site, maria, headers)
    assert answer.status_code == (200 if allowed else 403)
    if not allowed:
        assert answer.json()["code"] == "csrf_refused"
        assert "set-cookie" not in answer.headers
        assert (await renew(site, jar)).status_code == 200


async def test_two_tabs_that_wake_at_once_get_the_same_cookie(site: Service) -> None:
    jar, _ = await entered(site)
    one, two = Jar(jar), Jar(jar)
    answers = await asyncio.gather(*(renew(site, tab) for tab in (one, two)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert one == two != jar
    for answer in answers:
        assert await works(site, answer.json()["access_token"])
    assert (await renew(site, one)).status_code == 200
    following = select(RefreshToken).where(RefreshToken.spent_at.is_(None))
    assert await rows(site.platform, following)


async def test_a_lost_answer_is_given_once_more_for_ten_seconds(site: Service) -> None:
    jar, _ = await entered(site)
    lost = Jar(jar)
    assert (await renew(site, Jar(jar))).status_code == 200
    site.clock.ahead += timedelta(seconds=9)
    assert (await renew(site, lost)).status_code == 200
    assert (await renew(site, lost)).status_code == 200  # it goes on with what it was given


async def test_after_that_the_second_use_ends_the_session(site: Service) -> None:
    jar, _ = await entered(site)
    copied = Jar(jar)
    answer = await renew(site, jar)
    site.clock.ahead += timedelta(seconds=11)
    refused = await renew(site, copied)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    assert REFRESH not in copied  # the browser is told to forget it
    assert not await works(site, answer.json()["access_token"])
    assert (await renew(site, jar)).status_code == 401


async def test_who_copied_a_cookie_in_time_sets_off_the_alarm_later(site: Service) -> None:
    jar, _ = await entered(site)
    thief = Jar(jar)
    answer = await renew(site, jar)
    assert (await renew(site, thief)).status_code == 200
    assert thief == jar  # one chain, not two
    assert (await renew(site, thief)).status_code == 200
    site.clock.ahead += timedelta(minutes=15)
    assert (await renew(site, jar)).status_code == 401
    assert not await works(site, answer.json()["access_token"])
    assert (await renew(site, thief)).status_code == 401


async def test_a_predecessor_is_no_good_once_its_successor_was_used(site: Service) -> None:
    jar, _ = await entered(site)
    old = Jar(jar)
    await renew(site, jar)
    await renew(site, jar)
    assert (await renew(site, old)).status_code == 401
    assert (await renew(site, jar)).status_code == 401


async def test_in_a_body_there_is_no_grace(site: Service) -> None:
    jar, _ = await entered(site)
    token = jar[REFRESH]
    first = await post(site, "refresh", json={"refresh_token": token})
    assert first.status_code == 200
    again = await post(site, "refresh", json={"refresh_token": token})
    assert again.status_code == 401
    dead = await post(site, "refresh", json={"refresh_token": first.json()["refresh_token"]})
    assert dead.status_code == 401


async def test_nothing_at_all_renews_nothing(site: Service) -> None:
    for jar in (Jar(), Jar({CSRF: "x", "other": "y"})):
        answer = await post(site, "refresh", jar)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("value", ["", "x", "\xff\xfe", "a" * 4000, '"quoted"', "a=b=c"])
async def test_a_cookie_that_is_none_of_ours_is_refused_and_forgotten(
    site: Service, value: str
) -> None:
    sent = {"Cookie": f"{REFRESH}={value}".encode("latin-1"), "X-CSRF-Token": "x"}
    answer = await post(site, "refresh", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert answer.headers["set-cookie"].startswith(f'{REFRESH}=""; HttpOnly; Max-Age=0;')


async def test_only_at_the_doors_of_sign_in_may_a_listed_page_send_cookies(site: Service) -> None:
    asking = {"Access-Control-Request-Method": "POST", "Origin": LISTED}
    allowed = "access-control-allow-credentials"
    for path in ("refresh", "customer/token", "staff/token", "logout"):
        answer = await site.client.options(f"/v1/auth/{path}", headers=asking)
        assert answer.headers[allowed] == "true"
        assert answer.headers["access-control-allow-origin"] == LISTED
        assert "X-CSRF-Token" in answer.headers["access-control-allow-headers"]
    for path in ("/v1/customer/profile", "/v1/staff/customers", "/v1/public/policies/current"):
        for answer in (
            await site.client.options(path, headers=asking),
            await site.client.get(path, headers={"Origin": LISTED}),
        ):
            assert answer.headers["access-control-allow-origin"] == LISTED
            assert allowed not in answer.headers
    for origin in (EVIL, "null"):
        answer = await site.client.options("/v1/auth/refresh", headers={**asking, "Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]
