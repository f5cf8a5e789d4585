"""Proving to be there (RFC 9470): by what, for how long, and for nobody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.core.ids import new_id
from app.models import Login, OutboxMessage, Session
from tests.support.authenticator import Authenticator as Phone
from tests.support.authenticator import Tricks
from tests.support.factors import (
    ORIGIN,
    add_app,
    add_passkey,
    early_in_a_step,
    place_of,
    sign_in_by_password,
    step_up,
)
from tests.support.people import PASSWORD, CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

Person = CustomerPerson | StaffPerson


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def still_clock(house: Service) -> AsyncIterator[None]:
    early_in_a_step(house)
    yield
    house.clock.ahead = timedelta()


async def proved_at(house: Service, person: Person) -> datetime | None:
    [(moment,)] = await rows(
        house.platform, select(Session.proved_at).where(Session.id == person.session_id)
    )
    found: datetime | None = moment
    return found


async def forget(house: Service, person: Person, ago: timedelta = timedelta(minutes=6)) -> None:
    """The last proof lies so far back."""
    async with house.platform.database.transaction() as connection:
        theirs = update(Session).where(Session.id == person.session_id)
        await connection.execute(theirs.values(proved_at=house.clock() - ago))


async def may(house: Service, person: Person) -> bool:
    """Whether a sensitive deed is let through: here one that does no harm."""
    answer = await house.client.post(place_of(person, "/passkeys/options"), headers=person.headers)
    assert answer.status_code in (200, 401)
    if answer.status_code == 401:
        assert answer.json()["code"] == "step_up_required"
    return answer.status_code == 200


async def by_passkey(
    house: Service, person: Person, phone: Phone, tricks: Tricks | None = None
) -> httpx.Response:
    asked = await house.client.post("/v1/auth/step-up/options", headers=person.headers)
    assert asked.status_code == 200
    credential = phone.get(asked.json()["options"], tricks or Tricks())
    proof = {"challenge_id": asked.json()["challenge_id"], "credential": credential}
    return await step_up(house, person, **proof)


async def test_a_password_proves_it_where_there_is_nothing_else(house: Service) -> None:
    maria = await add_customer(house.platform)
    assert await may(house, maria)  # a fresh sign-in is a proof
    await forget(house, maria)
    assert not await may(house, maria)
    wrong = await step_up(house, maria, password="Errada-12345!")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert not await may(house, maria)
    proved = await step_up(house, maria, password=PASSWORD)
    assert proved.status_code == 200
    assert set(proved.json()) == {"proved_at", "expires_in"}
    assert proved.json()["expires_in"] == 300
    assert datetime.fromisoformat(proved.json()["proved_at"]) == await proved_at(house, maria)
    assert await may(house, maria)
    attempts = await events(house.platform, subject_id=maria.session_id)
    outcomes = [event.outcome for event in attempts if event.action == "auth:session:step_up"]
    assert outcomes == ["refused", "allowed"]


@pytest.mark.parametrize("door", ["customer", "staff"])
async def test_with_a_second_factor_a_password_is_not_enough(house: Service, door: str) -> None:
    person: Person = await (
        add_customer(house.platform)
        if door == "customer"
        else add_staff(house.platform, "director")
    )
    app, added = await add_app(house, person)
    for password in (PASSWORD, "Errada-12345!"):
        refused = await step_up(house, person, password=password)
        assert (refused.status_code, refused.json()["code"]) == (401, "stronger_proof_required")
    await forget(house, person)
    assert (await step_up(house, person, totp=app.code(house))).status_code == 200
    assert await may(house, person)
    spent = await step_up(house, person, totp=app.code(house))
    assert (spent.status_code, spent.json()["code"]) == (401, "invalid_credentials")
    # It is spent for the door, too, and the other way round.
    assert (await sign_in_by_password(house, person, totp=app.code(house))).status_code == 401
    assert (await sign_in_by_password(house, person, totp=app.code(house, 1))).status_code == 200
    assert (await step_up(house, person, totp=app.code(house, 1))).status_code == 401
    await forget(house, person)
    code = added["recovery_codes"][4]
    assert (await step_up(house, person, recovery_code=code)).status_code == 200
    assert await may(house, person)
    assert (await step_up(house, person, recovery_code=code)).status_code == 401
    theirs = OutboxMessage.staff_id if isinstance(person, StaffPerson) else OutboxMessage.login_id
    holder = person.id if isinstance(person, StaffPerson) else person.login_id
    told = await rows(house.platform, select(OutboxMessage.params).where(theirs == holder))
    used = [params for (params,) in told if params.get("change") == "code_used"]
    assert [params["left"] for params in used] == [9]


async def test_a_passkey_proves_it(house: Service) -> None:
    ana, phone = await add_staff(house.platform, "systems_engineer"), Phone(ORIGIN)
    await add_passkey(house, ana, phone)
    await forget(house, ana)
    asked = await house.client.post("/v1/auth/step-up/options", headers=ana.headers)
    [allowed] = asked.json()["options"]["allowCredentials"]
    assert allowed["transports"] == ["internal", "hybrid"]
    for tricks in (
        Tricks(tamper=True),
        Tricks(origin="https://mau.com.br"),
        Tricks(without=4),
        Tricks(challenge=asked.json()["options"]["challenge"]),
    ):
        refused = await by_passkey(house, ana, phone, tricks)
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    assert not await may(house, ana)
    assert (await by_passkey(house, ana, phone)).status_code == 200
    assert await may(house, ana)


async def test_nobody_proves_it_for_somebody_else(house: Service) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    ana = await add_staff(house.platform, "director")
    phone, hers = Phone(ORIGIN), Phone(ORIGIN)
    added = await add_passkey(house, maria, phone)
    await add_passkey(house, joana, hers)
    app, _ = await add_app(house, maria)
    for person in (joana, ana):
        await forget(house, person)
        asked = await house.client.post("/v1/auth/step-up/options", headers=maria.headers)
        proof = {
            "challenge_id": asked.json()["challenge_id"],
            "credential": phone.get(asked.json()["options"]),
        }
        for shown in (
            proof,
            {"totp": app.code(house)},
            {"recovery_code": added["recovery_codes"][0]},
        ):
            refused = await step_up(house, person, **shown)
            assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
        assert not await may(house, person)
        # It was no challenge of theirs, so that it is still good for whose it was.
        assert (await step_up(house, maria, **proof)).status_code == 200
    # A question of Joana's own, answered by Maria's passkey.
    asked = await house.client.post("/v1/auth/step-up/options", headers=joana.headers)
    options = asked.json()["options"] | {"allowCredentials": []}
    answered = {"challenge_id": asked.json()["challenge_id"], "credential": phone.get(options)}
    assert (await step_up(house, joana, **answered)).status_code == 401


async def test_of_two_that_show_a_code_at_once_one_counts(house: Service) -> None:
    maria = await add_customer(house.platform)
    app, added = await add_app(house, maria)
    for proof in ({"totp": app.code(house)}, {"recovery_code": added["recovery_codes"][0]}):
        answers = await asyncio.gather(*(step_up(house, maria, **proof) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    both = await asyncio.gather(
        step_up(house, maria, totp=app.code(house, 1)),
        sign_in_by_password(house, maria, totp=app.code(house, 1)),
    )
    assert sorted(answer.status_code for answer in both) == [200, 401]


@pytest.mark.parametrize(
    ("ago", "fresh"),
    [
        (timedelta(), True),
        (timedelta(minutes=4, seconds=50), True),
        (timedelta(minutes=5), False),
        (timedelta(hours=5), False),
        (-timedelta(minutes=30), False),  # a proof of the future: the clock was set back since
    ],
)
async def test_a_proof_counts_for_five_minutes(house: Service, ago: timedelta, fresh: bool) -> None:
    maria = await add_customer(house.platform)
    await forget(house, maria, ago)
    assert await may(house, maria) is fresh


async def test_a_clock_that_moves_on_makes_a_proof_old(house: Service) -> None:
    maria = await add_customer(house.platform)
    assert await may(house, maria)
    house.clock.ahead += timedelta(minutes=5, seconds=1)
    assert not await may(house, maria)


async def test_a_refresh_is_no_proof(house: Service) -> None:
    maria = await add_customer(house.platform)
    await forget(house, maria)
    before = await proved_at(house, maria)
    renewed = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": maria.refresh_token}
    )
    assert renewed.status_code == 200
    assert await proved_at(house, maria) == before
    assert not await may(house, maria)


async def test_a_proof_is_for_one_session(house: Service) -> None:
    maria = await add_customer(house.platform)
    entered = await sign_in_by_password(house, maria)
    assert entered.status_code == 200
    other = house.platform.tokens.verify(entered.json()["access_token"], "customer").session
    async with house.platform.database.transaction() as connection:
        theirs = update(Session).where(Session.login_id == maria.login_id)
        await connection.execute(theirs.values(proved_at=house.clock() - timedelta(hours=1)))
    assert (await step_up(house, maria, password=PASSWORD)).status_code == 200
    [(elsewhere,)] = await rows(
        house.platform, select(Session.proved_at).where(Session.id == other)
    )
    assert elsewhere < house.clock() - timedelta(minutes=59)


async def test_it_needs_a_living_session(house: Service) -> None:
    maria = await add_customer(house.platform)
    for headers in ({}, {"Authorization": "Bearer x"}):
        for path in ("/v1/auth/step-up", "/v1/auth/step-up/options"):
            answer = await house.client.post(path, json={"password": PASSWORD}, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
    left = await house.client.post("/v1/auth/logout", headers=maria.headers)
    assert left.status_code == 204
    ended = await step_up(house, maria, password=PASSWORD)
    assert (ended.status_code, ended.json()["code"]) == (401, "session_ended")


async def test_a_password_that_an_intervention_took_away_proves_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        theirs = update(Login).where(Login.id == maria.login_id)
        await connection.execute(theirs.values(password_hash=None))
    refused = await step_up(house, maria, password=PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": None},
        {"password": ""},
        {"password": PASSWORD, "totp": "123456"},
        {"totp": "123456", "recovery_code": "K7QM-3XDW-9FTA-HR4V"},
        {"totp": 123456},
        {"challenge_id": str(UUID(int=1))},
        {"credential": {}},
        {"challenge_id": str(UUID(int=1)), "credential": {}, "totp": "123456"},
        {"challenge_id": str(UUID(int=1)), "credential": [1]},
        {"totp": "123456", "sid": str(new_id())},
    ],
)
async def test_one_proof_at_a_time(house: Service, body: dict[str, Any]) -> None:
    maria = await add_customer(house.platform)
    before = await proved_at(house, maria)
    answer = await step_up(house, maria, **body)
    assert answer.status_code == 422
    assert await proved_at(house, maria) == before


@pytest.mark.parametrize(
    "typed", ["", "0", "00000000000000", "\u0661\u0662\u0663\u0664\u0665\u0666", "12345\n", "a\0b"]
)
async def test_no_text_makes_it_fail_loudly(house: Service, typed: str) -> None:
    maria = await add_customer(house.platform)
    await add_app(house, maria)
    for proof in ({"totp": typed}, {"recovery_code": typed}):
        answer = await step_up(house, maria, **proof)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
