"""Access records over HTTP: what is one, from which address, and who is ever shown it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, text
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.access.viewers import STAFF_ROLES
from app.models import AccessRecord, Login
from app.services.access_records import unseal
from tests.support.authenticator import Authenticator
from tests.support.email_changing import CONFIRM as CONFIRM_EMAIL
from tests.support.email_changing import NOTICE, UNDO, alike, changed, open_link
from tests.support.factors import ORIGIN, add_passkey, sign_in_by_passkey, step_up
from tests.support.letters import letters_to, token_to
from tests.support.officers import add_agency, add_officer, registered
from tests.support.people import (
    PASSWORD,
    CustomerPerson,
    add_customer,
    add_member,
    add_staff,
    bearer,
    open_customer_session,
)
from tests.support.post import token_sent_to
from tests.support.records import count, events, rows
from tests.support.service import Service, serving
from tests.support.trust import accept_as_new, invite, token_of
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/customer/access-records"
TOKEN, REFRESH = "/v1/auth/customer/token", "/v1/auth/refresh"
NEW = "viola-em-3-cacos!"
HOME = ("203.0.113.77", 51544)
PROXY = ("127.0.0.1", 40000)
PORT_HEADER = "X-Client-Port"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("house")
    async with serving(shared_database_url, folder, source_port_header=PORT_HEADER) as service:
        yield service


@asynccontextmanager
async def coming_from(
    house: Service, client: tuple[str, int] = HOME, *, proxied: bool = False
) -> AsyncIterator[Service]:
    """The service as it is called from an address; by a proxy that it trusts, if `proxied`."""
    app: Any = house.app
    if proxied:
        app = ProxyHeadersMiddleware(app, "127.0.0.1")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as calling:
        yield replace(house, client=calling)


async def kept(house: Service, login_id: UUID) -> list[tuple[Any, ...]]:
    """What is recorded of a login, oldest first: event, account, session, address and port."""
    found = await rows(
        house.platform,
        select(AccessRecord.__table__)
        .where(AccessRecord.login_id == login_id)
        .order_by(AccessRecord.id),
    )
    records = []
    for row in sorted(found, key=lambda row: row.at):
        view = {"ip": row.ip}
        unseal(house.platform, row.id, view)
        records.append((row.event, row.customer_id, row.session_id, view["ip"], row.source_port))
    return records


async def events_of(house: Service, login_id: UUID) -> list[str]:
    return [record[0] for record in await kept(house, login_id)]


async def sign_in(house: Service, email: str, password: str = PASSWORD, **more: str) -> Any:
    form = {"username": email, "password": password}
    return await house.client.post(TOKEN, data=form, headers=more)


async def login_of(house: Service, email: str) -> UUID:
    [(found,)] = await rows(house.platform, select(Login.id).where(Login.email == email))
    login_id: UUID = found
    return login_id


# What is recorded.


async def test_a_session_is_recorded_from_its_beginning_to_its_end(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with coming_from(house) as home:
        first = (await sign_in(home, maria.email)).json()
        token = {"refresh_token": first["refresh_token"]}
        renewed = (await home.client.post(REFRESH, json=token)).json()
        headers = bearer(renewed["access_token"])
        proved = await home.client.post(
            "/v1/auth/step-up", json={"password": PASSWORD}, headers=headers
        )
        assert proved.status_code == 200, proved.text
        assert (await home.client.post("/v1/auth/logout", headers=headers)).status_code == 204
    session_id = house.platform.tokens.verify(first["access_token"], "customer").session
    assert await kept(house, maria.login_id) == [
        (event, maria.id, session_id, *HOME)
        for event in ("sign_in", "token_refresh", "step_up", "sign_out")
    ]


async def test_a_passkey_opens_a_session_that_is_recorded_too(house: Service) -> None:
    maria, phone = await add_customer(house.platform), Authenticator(ORIGIN)
    await add_passkey(house, maria, phone)
    before = await events_of(house, maria.login_id)
    assert (await sign_in_by_passkey(house, "customer", phone)).status_code == 200
    assert await events_of(house, maria.login_id) == [*before, "sign_in"]


async def test_sessions_ended_from_the_list_are_recorded(house: Service) -> None:
    maria = await add_customer(house.platform)
    other = await open_customer_session(
        house.platform, maria.login_id, (await add_customer(house.platform)).id
    )
    other_id = house.platform.tokens.verify(other, "customer").session
    async with coming_from(house) as home:
        path = f"/v1/customer/sessions/{other_id}"
        assert (await home.client.delete(path, headers=maria.headers)).status_code == 204
        ended = await home.client.delete("/v1/customer/sessions", headers=maria.headers)
        assert ended.status_code == 204
    assert await kept(house, maria.login_id) == [
        ("session_ended", maria.id, other_id, *HOME),
        ("session_ended", maria.id, maria.session_id, *HOME),
    ]


async def test_a_registration_is_recorded_once_however_often_it_is_sent(house: Service) -> None:
    body = registration()
    headers = {"Idempotency-Key": "uma-vez-so-registro"}
    async with coming_from(house) as home:
        answers = [
            await home.client.post("/v1/public/registrations", json=body, headers=headers)
            for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [201, 201]
    account = UUID(answers[0].json()["customer"]["id"])
    login_id = await login_of(house, body["email"])
    assert await kept(house, login_id) == [("registration", account, None, *HOME)]


async def test_a_new_login_of_an_invited_person_is_recorded(house: Service) -> None:
    maria, email = await add_customer(house.platform), "convidada-registro@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    async with coming_from(house) as home:
        assert (await accept_as_new(home, await token_of(house, email))).status_code == 201
    login_id = await login_of(house, email)
    assert await kept(house, login_id) == [("registration", maria.id, None, *HOME)]


async def test_a_changed_password_is_recorded_by_hand_and_by_link(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with coming_from(house) as home:
        body = {"current_password": PASSWORD, "new_password": NEW}
        answer = await home.client.put("/v1/customer/password", json=body, headers=maria.headers)
        assert answer.status_code == 204, answer.text
        await home.client.post("/v1/public/password-resets", json={"email": maria.email})
        token = await token_sent_to(house.platform, maria.email, "password_reset")
        body = {"token": token, "new_password": PASSWORD}
        answer = await home.client.post("/v1/public/password-resets/confirm", json=body)
        assert answer.status_code == 204, answer.text
    assert await kept(house, maria.login_id) == [
        ("password_changed", maria.id, maria.session_id, *HOME),
        ("password_changed", maria.id, None, *HOME),
    ]


async def test_a_changed_address_and_its_undoing_are_recorded(house: Service) -> None:
    maria = await alike(house)
    async with coming_from(house) as home:
        await changed(home, maria, "nova-registrada@exemplo.com.br")
        [notice] = await letters_to(house.platform, maria.email, NOTICE)
        assert (await open_link(home, UNDO, notice.token)).status_code == 204
    assert await kept(house, maria.login_id) == [("email_changed", maria.id, None, *HOME)] * 2
    assert (await open_link(house, CONFIRM_EMAIL, "x" * 43)).status_code == 403
    assert len(await kept(house, maria.login_id)) == 2


async def test_what_fails_is_no_use(house: Service) -> None:
    maria, ana = await add_customer(house.platform), await add_staff(house.platform, "support")
    director = await add_staff(house.platform, "director")
    beatriz = await add_officer(house.platform, await add_agency(house.platform, by=director.id))
    before = await count(house.platform, AccessRecord)
    assert (await sign_in(house, maria.email, "errada-9-vezes")).status_code == 401
    assert (await sign_in(house, "ninguem-aqui@exemplo.com.br")).status_code == 401
    unknown = {"refresh_token": "x" * 43}
    assert (await house.client.post(REFRESH, json=unknown)).status_code == 401
    wrong = await step_up(house, maria, password="errada-9-vezes")
    assert wrong.status_code == 401
    for door, person in (("staff", ana), ("authority", beatriz)):
        form = {"username": person.email, "password": PASSWORD, "totp": "000000"}
        assert (await house.client.post(f"/v1/auth/{door}/token", data=form)).status_code == 401
    assert await count(house.platform, AccessRecord) == before


async def test_officers_and_staff_are_users_like_all_others(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    beatriz = await add_officer(house.platform, await add_agency(house.platform, by=director.id))
    people = (
        ("staff", director, AccessRecord.staff_id),
        ("authority", beatriz, AccessRecord.officer_id),
    )
    for door, person, own in people:
        async with coming_from(house) as home:
            code = person.code(house.clock())
            form = {"username": person.email, "password": PASSWORD, "totp": code}
            tokens = (await home.client.post(f"/v1/auth/{door}/token", data=form)).json()
            refresh = {"refresh_token": tokens["refresh_token"]}
            renewed = (await home.client.post(REFRESH, json=refresh)).json()
            headers = bearer(renewed["access_token"])
            proof = {"totp": person.code(house.clock() + timedelta(seconds=30))}
            stepped = await home.client.post("/v1/auth/step-up", json=proof, headers=headers)
            assert stepped.status_code == 200, stepped.text
            others = await home.client.delete(f"/v1/{door}/sessions", headers=headers)
            assert others.status_code == 204
            body = {"current_password": PASSWORD, "new_password": NEW}
            changed = await home.client.put(f"/v1/{door}/password", json=body, headers=headers)
            assert changed.status_code == 204, changed.text
            assert (await home.client.post("/v1/auth/logout", headers=headers)).status_code == 204
        found = await rows(
            house.platform,
            select(AccessRecord.__table__).where(own == person.id).order_by(AccessRecord.at),
        )
        assert [row.event for row in found] == [
            *("sign_in", "token_refresh", "step_up", "session_ended"),
            *("password_changed", "sign_out"),
        ]
        for row in found:
            view = {"ip": row.ip}
            unseal(house.platform, row.id, view)
            assert (view["ip"], row.source_port, row.customer_id) == (*HOME, None)


async def test_an_officers_links_are_recorded_too(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    agency = await add_agency(house.platform, by=director.id)
    async with coming_from(house) as home:
        beatriz = await registered(home, agency)
        recover = {"email": beatriz.email, "door": "authority"}
        await home.client.post("/v1/public/password-resets", json=recover)
        token = await token_to(house.platform, beatriz.email, "password_reset")
        body = {"token": token, "new_password": NEW}
        done = await home.client.post("/v1/public/password-resets/confirm", json=body)
        assert done.status_code == 204, done.text
    mine = select(AccessRecord.event).where(AccessRecord.officer_id == beatriz.id)
    found = await rows(house.platform, mine.order_by(AccessRecord.at))
    assert [row.event for row in found] == ["registration", "password_changed"]


async def test_without_the_table_nobody_comes_in(house: Service) -> None:
    """The record stands or falls with the session: neither is there without the other."""
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE access_records RENAME TO away"))
    try:
        assert (await sign_in(house, maria.email)).status_code >= 500
        token = {"refresh_token": maria.refresh_token}
        assert (await house.client.post(REFRESH, json=token)).status_code >= 500
    finally:
        async with house.platform.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE away RENAME TO access_records"))
    assert (await house.client.post(REFRESH, json=token)).status_code == 200
    assert await events_of(house, maria.login_id) == ["token_refresh"]


# From where.


@pytest.mark.parametrize(
    ("client", "told", "ip", "port"),
    [
        (("203.0.113.77", 51544), {}, "203.0.113.77", 51544),
        (("2001:DB8:0::77", 51544), {}, "2001:db8::77", 51544),
        (("::ffff:203.0.113.77", 51544), {}, "203.0.113.77", 51544),
        # Nobody but the proxy is believed.
        (HOME, {"X-Forwarded-For": "198.51.100.1", PORT_HEADER: "9"}, *HOME),
        (PROXY, {"X-Forwarded-For": "198.51.100.1"}, "198.51.100.1", None),
        (PROXY, {"X-Forwarded-For": "198.51.100.1", PORT_HEADER: "61000"}, "198.51.100.1", 61000),
        (PROXY, {"X-Forwarded-For": "198.51.100.1", PORT_HEADER: "nonsense"}, "198.51.100.1", None),
        (PROXY, {"X-Forwarded-For": "198.51.100.1:61001"}, "198.51.100.1", 61001),
        (PROXY, {"X-Forwarded-For": "[2001:db8::1]:61001"}, "2001:db8::1", 61001),
        # What a caller wrote before it came to the proxy stands to the left of what that adds.
        (PROXY, {"X-Forwarded-For": "192.0.2.1:1, 198.51.100.1"}, "198.51.100.1", None),
        (PROXY, {"X-Forwarded-For": "unknown"}, None, None),
        (PROXY, {"X-Forwarded-For": "198.51.100.1:99999"}, "198.51.100.1", None),
    ],
)
async def test_the_address_is_the_callers_as_far_as_it_is_known(
    house: Service, client: tuple[str, int], told: dict[str, str], ip: str, port: int | None
) -> None:
    maria = await add_customer(house.platform)
    async with coming_from(house, client, proxied=True) as proxied:
        assert (await sign_in(proxied, maria.email, **told)).status_code == 200
    [record] = await kept(house, maria.login_id)
    assert record[3:] == (ip, port)


async def test_a_port_is_not_read_from_a_header_that_no_setting_names(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with serving(shared_database_url, tmp_path_factory.mktemp("plain")) as plain:
        maria = await add_customer(plain.platform)
        told = {"X-Forwarded-For": "198.51.100.1", PORT_HEADER: "61000"}
        async with coming_from(plain, PROXY, proxied=True) as proxied:
            assert (await sign_in(proxied, maria.email, **told)).status_code == 200
        [record] = await kept(plain, maria.login_id)
        assert record[3:] == ("198.51.100.1", None)


# Who sees it.


async def listed(house: Service, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    answer = await house.client.get(f"{PATH}{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def visits(house: Service, maria: CustomerPerson, number: int) -> None:
    async with coming_from(house) as home:
        for _ in range(number):
            assert (await sign_in(home, maria.email)).status_code == 200


async def test_people_see_their_own_newest_first_in_pages_and_on_record(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = house.clock()
    await visits(house, maria, 3)
    answer = await house.client.get(f"{PATH}?limit=2", headers=maria.headers)
    first = answer.json()
    assert len(first["items"]) == 2
    rest = await listed(house, maria.headers, f"?limit=2&cursor={first['next_cursor']}")
    assert rest["next_cursor"] is None
    items = first["items"] + rest["items"]
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)
    for item in items:
        assert list(item) == [
            *("id", "at", "event", "ip", "source_port", "customer_id", "session_id")
        ]
        assert (item["event"], item["ip"], item["source_port"]) == ("sign_in", *HOME)
        assert item["customer_id"] == str(maria.id)
        assert item["at"] >= before.isoformat()[:23]
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.rows) == ("customer:access_record:list", 2)
    assert event.fields == tuple(items[0])
    assert (event.actor_id, event.subject_id) == (maria.login_id, None)


async def test_a_period_narrows_ones_own(house: Service) -> None:
    maria = await add_customer(house.platform)
    await visits(house, maria, 1)
    border = (house.clock() + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert (await listed(house, maria.headers, f"?since={border}"))["items"] == []
    assert len((await listed(house, maria.headers, f"?until={border}"))["items"]) == 1


async def test_whoever_owns_the_account_is_not_shown_from_where_others_came(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    async with coming_from(house, ("198.51.100.7", 1024)) as away:
        assert (await sign_in(away, member.email)).status_code == 200
    assert (await listed(house, maria.headers))["items"] == []
    [own] = (await listed(house, member.headers))["items"]
    assert (own["ip"], own["customer_id"]) == ("198.51.100.7", str(maria.id))
    for path in ("access-log", "sessions", "members"):
        answer = await house.client.get(f"/v1/customer/{path}", headers=maria.headers)
        assert b"198.51.100.7" not in answer.content


async def test_no_staff_sees_an_address_whatever_they_read(house: Service) -> None:
    maria = await add_customer(house.platform)
    await visits(house, maria, 1)
    paths = (
        *("/v1/staff/audit-events", "/v1/staff/visibility", f"/v1/staff/customers/{maria.id}"),
        f"/v1/staff/customers/{maria.id}/members",
    )
    for role in STAFF_ROLES:
        person = await add_staff(house.platform, role)
        assert (await house.client.get(PATH, headers=person.headers)).status_code == 401
        for path in paths:
            answer = await house.client.get(path, headers=person.headers)
            assert HOME[0].encode() not in answer.content
        shown = await house.client.get("/v1/staff/visibility", headers=person.headers)
        assert "access_record" not in shown.json()["resources"]


async def test_an_unknown_name_is_refused_as_everywhere(house: Service) -> None:
    maria = await add_customer(house.platform)
    for name in ("ip", "login_id", "event", "inexistente"):
        answer = await house.client.get(f"{PATH}?{name}=203.0.113.77", headers=maria.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")
