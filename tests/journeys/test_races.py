"""Many at once, several replicas, clocks that jump: what may happen once happens once."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from app.models import Customer, Login, Session, StaffMember
from tests.support.people import add_customer, add_staff
from tests.support.records import count, rows
from tests.support.service import Service, serving
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


async def test_of_fifty_registrations_of_one_address_one_wins(house: Service) -> None:
    before = await count(house.platform, Customer), await count(house.platform, Login)
    body = registration(email="Corrida@Exemplo.com.br")
    answers = await asyncio.gather(
        *(house.client.post("/v1/public/registrations", json=body) for _ in range(50))
    )
    assert statuses(answers) == {201: 1, 409: 49}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"email_taken"}
    after = await count(house.platform, Customer), await count(house.platform, Login)
    assert after == (before[0] + 1, before[1] + 1)


async def test_one_key_opens_one_account_and_answers_alike(house: Service) -> None:
    before = await count(house.platform, Customer)
    body, key = registration(), {"Idempotency-Key": "uma-chave-para-todas"}
    answers = await asyncio.gather(
        *(house.client.post("/v1/public/registrations", json=body, headers=key) for _ in range(20))
    )
    assert statuses(answers) == {201: 20}
    assert len({answer.content for answer in answers}) == 1
    assert await count(house.platform, Customer) == before + 1


async def test_of_twenty_changes_to_one_state_one_wins(house: Service) -> None:
    maria, support = await add_customer(house.platform), await add_staff(house.platform, "support")
    path = f"/v1/staff/customers/{maria.id}"
    tag = (await house.client.get(path, headers=support.headers)).headers["etag"]
    answers = await asyncio.gather(
        *(
            house.client.patch(
                path,
                headers=support.headers | {"If-Match": tag},
                json={"attention_note": f"Nota da corrida {number}"},
            )
            for number in range(20)
        )
    )
    assert statuses(answers) == {200: 1, 412: 19}
    won = next(answer for answer in answers if answer.status_code == 200)
    stands = await house.client.get(path, headers=support.headers)
    assert stands.json()["attention_note"] == won.json()["attention_note"]
    assert stands.headers["etag"] == won.headers["etag"] != tag


async def test_a_refresh_token_used_twice_at_once_ends_the_session(house: Service) -> None:
    maria = await add_customer(house.platform)
    body = {"refresh_token": maria.refresh_token}
    answers = await asyncio.gather(
        *(house.client.post("/v1/auth/refresh", json=body) for _ in range(10))
    )
    assert statuses(answers) == {200: 1, 401: 9}
    pair = next(answer for answer in answers if answer.status_code == 200).json()
    for token in (pair["access_token"], maria.token):
        refused = await house.client.get(
            "/v1/customer/profile", headers={"Authorization": f"Bearer {token}"}
        )
        assert refused.json()["code"] == "session_ended"
    late = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]}
    )
    assert late.status_code == 401


async def test_a_code_signs_in_once(house: Service) -> None:
    member = await add_staff(house.platform, "billing")
    form = {"username": member.email, "password": member.password, "totp": member.code()}
    answers = await asyncio.gather(
        *(house.client.post("/v1/auth/staff/token", data=form) for _ in range(10))
    )
    assert statuses(answers) == {200: 1, 401: 9}
    assert len({a.content for a in answers if a.status_code == 401}) == 1


async def until_refused(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> float:
    """Seconds until the path is answered 401; at most two are waited for."""
    started = time.monotonic()
    while time.monotonic() - started < 2:
        if (await client.get(path, headers=headers)).status_code == 401:
            return time.monotonic() - started
        await asyncio.sleep(0.02)
    raise AssertionError("the session lives on")


async def test_another_replica_notices_within_a_second(house: Service, tmp_path: Path) -> None:
    platform, keys = house.platform, house.platform.settings.keys_path
    async with serving(platform.settings.database_url, tmp_path, keys_dir=keys) as replica:
        maria = await add_customer(platform)
        leaver, changed = await add_staff(platform, "support"), await add_staff(platform, "billing")
        profile, reading = "/v1/customer/profile", f"/v1/staff/customers/{maria.id}"
        for path, headers in (
            (profile, maria.headers),
            (reading, leaver.headers),
            (reading, changed.headers),
        ):
            assert (await replica.client.get(path, headers=headers)).status_code == 200

        await house.client.post("/v1/auth/logout", headers=maria.headers)
        assert (await house.client.get(profile, headers=maria.headers)).status_code == 401
        assert await until_refused(replica.client, profile, maria.headers) < 1

        async with platform.database.transaction() as connection:
            await connection.execute(
                update(StaffMember).where(StaffMember.id == leaver.id).values(status="disabled")
            )
            await connection.execute(
                update(StaffMember).where(StaffMember.id == changed.id).values(role="production")
            )
        assert await until_refused(replica.client, reading, leaver.headers) < 1
        await asyncio.sleep(0.6)
        seen = (await replica.client.get(reading, headers=changed.headers)).json()
        assert "tax_id" not in seen, "billing sees it, production does not"


async def test_a_clock_that_jumps_ahead_lets_tokens_and_sessions_end(house: Service) -> None:
    maria, client = await add_customer(house.platform), house.client
    try:
        house.clock.ahead = timedelta(minutes=16)
        late = await client.get("/v1/customer/profile", headers=maria.headers)
        assert late.json()["code"] == "token_invalid"
        renewed = await client.post("/v1/auth/refresh", json={"refresh_token": maria.refresh_token})
        assert renewed.status_code == 200
        house.clock.ahead = timedelta(days=31)
        ended = await client.post(
            "/v1/auth/refresh", json={"refresh_token": renewed.json()["refresh_token"]}
        )
        assert ended.json()["code"] == "token_invalid"
        stored = await rows(
            house.platform, Session.__table__.select().where(Session.id == maria.session_id)
        )
        assert stored[0].end_reason is None, "a token that only expired is no theft"
    finally:
        house.clock.ahead = timedelta()


async def test_a_clock_that_jumps_back_opens_nothing_again(house: Service) -> None:
    member, client = await add_staff(house.platform, "support"), house.client
    form = {"username": member.email, "password": member.password}
    try:
        code = member.code(house.clock())
        first = await client.post("/v1/auth/staff/token", data={**form, "totp": code})
        assert first.status_code == 200
        house.clock.ahead = timedelta(minutes=-10)
        old = member.code(house.clock())
        again = await client.post("/v1/auth/staff/token", data={**form, "totp": old})
        assert again.status_code == 401, "a code of an earlier step than the last one used"
        assert (await client.get("/health/ready")).status_code == 200
        reading = await client.get("/v1/staff/customers", headers=member.headers)
        assert reading.status_code in (200, 401)
        body = registration()
        assert (await client.post("/v1/public/registrations", json=body)).status_code in (201, 422)
    finally:
        house.clock.ahead = timedelta()
    back = await client.get("/v1/staff/customers", headers=member.headers)
    assert back.status_code == 200


async def test_a_key_with_another_body_is_refused(house: Service) -> None:
    key, path = {"Idempotency-Key": "uma-chave-duas-vontades"}, "/v1/public/registrations"
    body = registration()
    first = await house.client.post(path, json=body, headers=key)
    before = await count(house.platform, Customer)
    for other in ({**body, "name": "Outra Pessoa"}, registration()):
        answer = await house.client.post(path, json=other, headers=key)
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"
    again = await house.client.post(path, json=body, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert await count(house.platform, Customer) == before


async def test_spellings_of_one_address_are_one_address(house: Service) -> None:
    path = "/v1/public/registrations"
    for first, second in (
        ("Ana.Maria@Exemplo.com.br", "ana.maria@exemplo.COM.BR"),
        ("zoe@açaí.exemplo.com.br", "ZOE@xn--aa-4iaz.exemplo.com.br"),
    ):
        opened = await house.client.post(path, json=registration(email=first))
        assert opened.status_code == 201, opened.text
        assert opened.json()["customer"]["email"].isascii()
        taken = await house.client.post(path, json=registration(email=second))
        assert taken.status_code == 409, taken.text
        for spelling in (first, second):
            form = {"username": spelling, "password": registration()["password"]}
            assert (
                await house.client.post("/v1/auth/customer/token", data=form)
            ).status_code == 200
