"""Signing in by passkey: every misuse is the same refusal, and each answer works once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from app.core.ids import new_id
from app.models import Authenticator, Challenge, Customer, Login, Membership, Session, StaffMember
from app.services import challenges, enrolments
from tests.support.authenticator import (
    PRESENT,
    VERIFIED,
    Tricks,
    encoded,
)
from tests.support.authenticator import Authenticator as Phone
from tests.support.factors import (
    ORIGIN,
    Door,
    add_app,
    add_passkey,
    answer_sign_in,
    ask_passkey,
    ask_sign_in,
    offer_passkey,
    place_of,
    sign_in_by_passkey,
)
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    open_customer_session,
)
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = {"date", "x-request-id"}
BOTH = pytest.mark.parametrize("door", ["customer", "staff"])


def comparable(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that a stranger could compare."""
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    return answer.status_code, answer.content, headers


async def with_passkey(house: Service, door: Door) -> tuple[CustomerPerson | StaffPerson, Phone]:
    person = (
        await add_customer(house.platform)
        if door == "customer"
        else await add_staff(house.platform, "support")
    )
    phone = Phone(ORIGIN)
    await add_passkey(house, person, phone)
    return person, phone


async def store(house: Service, model: Any, condition: Any, **columns: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(model).where(condition).values(**columns))


async def refused(house: Service, door: Door, phone: Phone, tricks: Tricks) -> httpx.Response:
    answer = await sign_in_by_passkey(house, door, phone, tricks)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials"), tricks
    return answer


@BOTH
async def test_every_misuse_is_answered_alike(house: Service, door: Door) -> None:
    person, phone = await with_passkey(house, door)
    stranger = Phone(ORIGIN)
    await add_passkey(house, person, Phone(ORIGIN))
    asked = await ask_sign_in(house, door)
    stranger.create(
        {
            "rp": {"id": "localhost"},
            "user": {"id": encoded(b"x" * 16)},
            "challenge": asked["options"]["challenge"],
            "pubKeyCredParams": [{"alg": -7}],
            "excludeCredentials": [],
        }
    )
    answers = [
        await refused(house, door, phone, tricks)
        for tricks in (
            Tricks(origin="https://mau.com.br"),
            Tricks(rp_id="mau.com.br"),
            Tricks(challenge=encoded(b"c" * 32)),
            Tricks(challenge=asked["options"]["challenge"]),  # of another ceremony
            Tricks(without=VERIFIED),
            Tricks(without=PRESENT),
            Tricks(tamper=True),
            Tricks(type="webauthn.create"),
            Tricks(handle=new_id().bytes),
            Tricks(client_data={"crossOrigin": True}),
        )
    ]
    answers.append(await sign_in_by_passkey(house, door, stranger))
    made_up = phone.get(asked["options"])
    answers.append(await answer_sign_in(house, door, {"challenge_id": str(new_id())}, made_up))
    answers.append(await answer_sign_in(house, door, asked, {}))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert len({str(comparable(answer)) for answer in answers}) == 1
    assert (await sign_in_by_passkey(house, door, phone)).status_code == 200


@BOTH
async def test_refusals_and_entries_are_on_record(house: Service, door: Door) -> None:
    _, phone = await with_passkey(house, door)
    wrong = await refused(house, door, phone, Tricks(tamper=True))
    [event] = await events(house.platform, request_id=wrong.headers["x-request-id"])
    assert (event.action, event.outcome) == (f"auth:{door}:sign_in", "refused")
    assert (event.actor_kind, event.actor_id) == ("anonymous", None)
    assert event.subject_type == ("login" if door == "customer" else "staff_member")


@BOTH
async def test_an_answer_works_once(house: Service, door: Door) -> None:
    _, phone = await with_passkey(house, door)
    asked = await ask_sign_in(house, door)
    credential = phone.get(asked["options"])
    assert (await answer_sign_in(house, door, asked, credential)).status_code == 200
    assert (await answer_sign_in(house, door, asked, credential)).status_code == 401
    # Nor does a fresh answer to the same question.
    assert (
        await answer_sign_in(house, door, asked, phone.get(asked["options"]))
    ).status_code == 401


@BOTH
async def test_a_failed_try_uses_the_question_up(house: Service, door: Door) -> None:
    _, phone = await with_passkey(house, door)
    asked = await ask_sign_in(house, door)
    wrong = phone.get(asked["options"], Tricks(tamper=True))
    assert (await answer_sign_in(house, door, asked, wrong)).status_code == 401
    assert (
        await answer_sign_in(house, door, asked, phone.get(asked["options"]))
    ).status_code == 401


@BOTH
async def test_of_two_answers_at_once_one_enters(house: Service, door: Door) -> None:
    _, phone = await with_passkey(house, door)
    asked = await ask_sign_in(house, door)
    credential = phone.get(asked["options"])
    answers = await asyncio.gather(
        *(answer_sign_in(house, door, asked, credential) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


@BOTH
async def test_of_two_copies_of_a_passkey_one_enters(house: Service, door: Door) -> None:
    """Both answer questions of their own, with the same count: somebody copied the key."""
    _, phone = await with_passkey(house, door)
    questions = [await ask_sign_in(house, door) for _ in range(3)]
    credentials = [phone.get(asked["options"], Tricks(count=9)) for asked in questions]
    answers = await asyncio.gather(
        *(
            answer_sign_in(house, door, asked, credential)
            for asked, credential in zip(questions, credentials, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    await refused(house, door, phone, Tricks(count=3))  # going back
    assert (await sign_in_by_passkey(house, door, phone, Tricks(count=10))).status_code == 200


async def test_one_that_does_not_count_enters_again_and_again(house: Service) -> None:
    maria, phone = await add_customer(house.platform), Phone(ORIGIN, counts=False)
    await add_passkey(house, maria, phone)
    for _ in range(3):
        assert (await sign_in_by_passkey(house, "customer", phone)).status_code == 200


@BOTH
async def test_a_question_is_for_its_own_door_and_purpose(house: Service, door: Door) -> None:
    person, phone = await with_passkey(house, door)
    other: Door = "staff" if door == "customer" else "customer"
    # A question of the other door, answered by the right passkey at either.
    asked = await ask_sign_in(house, other)
    assert (
        await answer_sign_in(house, door, asked, phone.get(asked["options"]))
    ).status_code == 401
    assert (
        await answer_sign_in(house, other, asked, phone.get(asked["options"]))
    ).status_code == 401
    # The other door's own question: the passkey belongs to nobody there.
    assert (await sign_in_by_passkey(house, other, phone)).status_code == 401
    # Questions that were asked for something else.
    step = await house.client.post("/v1/auth/step-up/options", headers=person.headers)
    credential = phone.get(step.json()["options"])
    assert (await answer_sign_in(house, door, step.json(), credential)).status_code == 401
    adding = await ask_passkey(house, person)
    options = {"rpId": "localhost", "challenge": adding["options"]["challenge"]}
    assert (await answer_sign_in(house, door, adding, phone.get(options))).status_code == 401
    # They stay good for what they were asked for.
    proved = await house.client.post(
        "/v1/auth/step-up",
        json={"challenge_id": step.json()["challenge_id"], "credential": credential},
        headers=person.headers,
    )
    assert proved.status_code == 200
    assert (await sign_in_by_passkey(house, door, phone)).status_code == 200


async def test_a_passkey_is_made_for_who_asked_and_once(house: Service) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    asked, phone = await ask_passkey(house, maria), Phone(ORIGIN)
    credential = phone.create(asked["options"])
    stolen = await offer_passkey(house, joana, asked, credential)
    assert (stolen.status_code, stolen.json()["code"]) == (403, "passkey_refused")
    assert (await offer_passkey(house, maria, asked, credential)).status_code == 201
    assert (await offer_passkey(house, maria, asked, credential)).status_code == 403
    # Nor can somebody else have the same one, with a question of their own.
    theirs = await ask_passkey(house, joana)
    other = Phone(ORIGIN)
    again = other.create(theirs["options"])
    again["id"] = again["rawId"] = credential["id"]
    assert (await offer_passkey(house, joana, theirs, again)).status_code == 403
    listed = await house.client.get(place_of(joana), headers=joana.headers)
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    "tricks",
    [
        Tricks(origin="https://mau.com.br"),
        Tricks(rp_id="mau.com.br"),
        Tricks(challenge=encoded(b"c" * 32)),
        Tricks(without=VERIFIED),
        Tricks(key={1: 2, 3: -7}),
    ],
    ids=repr,
)
async def test_a_wrong_registration_adds_nothing_and_uses_the_question_up(
    house: Service, tricks: Tricks
) -> None:
    maria, phone = await add_customer(house.platform), Phone(ORIGIN)
    asked = await ask_passkey(house, maria)
    wrong = await offer_passkey(house, maria, asked, phone.create(asked["options"], tricks))
    assert (wrong.status_code, wrong.json()["code"]) == (403, "passkey_refused")
    right = await offer_passkey(house, maria, asked, phone.create(asked["options"]))
    assert right.status_code == 403
    listed = await house.client.get(place_of(maria), headers=maria.headers)
    assert listed.json()["items"] == []


@BOTH
async def test_questions_go_stale(house: Service, door: Door) -> None:
    person, phone = await with_passkey(house, door)
    asked, adding = await ask_sign_in(house, door), await ask_passkey(house, person)
    credential = phone.get(asked["options"])
    made = Phone(ORIGIN).create(adding["options"])
    try:
        house.clock.ahead = timedelta(minutes=5, seconds=1)
        await store(house, Session, Session.id == person.session_id, proved_at=house.clock())
        assert (await answer_sign_in(house, door, asked, credential)).status_code == 401
        assert (await offer_passkey(house, person, adding, made)).status_code == 403
        house.clock.ahead = -timedelta(minutes=30)  # set back: they do not come to life again
        assert (await answer_sign_in(house, door, asked, credential)).status_code == 401
    finally:
        house.clock.ahead = timedelta()


async def test_what_was_never_answered_or_confirmed_is_forgotten(house: Service) -> None:
    maria = await add_customer(house.platform)
    await ask_sign_in(house, "customer")
    started = await house.client.post(place_of(maria, "/totp"), headers=maria.headers)
    kept, _ = await add_app(house, await add_customer(house.platform))
    assert kept.secret
    try:
        house.clock.ahead = timedelta(days=1, minutes=1)
        await challenges.purge(house.platform)
        await enrolments.purge(house.platform)
    finally:
        house.clock.ahead = timedelta()
    [(left,)] = await rows(house.platform, select(func.count()).select_from(Challenge))
    assert left == 0
    found = await rows(house.platform, select(Authenticator.id, Authenticator.confirmed_at))
    assert UUID(started.json()["id"]) not in {row.id for row in found}
    assert found
    assert all(row.confirmed_at is not None for row in found)


async def test_who_may_not_act_cannot_enter(house: Service) -> None:
    now = house.clock()
    for model, columns in (
        (Login, {"status": "disabled"}),
        (Login, {"reset_required_at": now, "password_hash": None}),
        (Membership, {"revoked_at": now}),
        (Membership, {"suspended_at": now}),
        (Membership, {"expires_at": now}),
        (Customer, {"status": "erased", "closed_at": now}),
    ):
        maria, phone = await with_passkey(house, "customer")
        assert isinstance(maria, CustomerPerson)
        condition = {
            Login: Login.id == maria.login_id,
            Membership: Membership.login_id == maria.login_id,
            Customer: Customer.id == maria.id,
        }[model]
        await store(house, model, condition, **columns)
        answer = await sign_in_by_passkey(house, "customer", phone)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials"), columns
    for columns in ({"status": "disabled"}, {"role": "intern"}):
        ana, phone = await with_passkey(house, "staff")
        await store(house, StaffMember, StaffMember.id == ana.id, **columns)
        answer = await sign_in_by_passkey(house, "staff", phone)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials"), columns


async def test_a_login_of_several_accounts_names_one(house: Service) -> None:
    maria, phone = await with_passkey(house, "customer")
    assert isinstance(maria, CustomerPerson)
    shop, foreign = await add_customer(house.platform), await add_customer(house.platform)
    await open_customer_session(house.platform, maria.login_id, shop.id)

    async def entered(**account: Any) -> UUID | None:
        answer = await sign_in_by_passkey(house, "customer", phone, **account)
        if answer.status_code != 200:
            assert answer.json()["code"] == "invalid_credentials"
            return None
        token = answer.json()["access_token"]
        return house.platform.tokens.verify(token, "customer").customer

    assert await entered() == maria.id
    assert await entered(customer_id=str(shop.id)) == shop.id
    assert await entered(customer_id=str(foreign.id)) is None


@BOTH
async def test_the_question_says_nothing_of_anybody(house: Service, door: Door) -> None:
    await with_passkey(house, door)
    first, second = await ask_sign_in(house, door), await ask_sign_in(house, door)
    assert first["challenge_id"] != second["challenge_id"]
    assert first["options"].pop("challenge") != second["options"].pop("challenge")
    assert first["options"] == second["options"]
    assert first["options"]["allowCredentials"] == []


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"challenge_id": "no-id", "credential": {}},
        {"challenge_id": str(new_id()), "credential": "text"},
        {"challenge_id": str(new_id()), "credential": []},
        {"challenge_id": str(new_id())},
        {"challenge_id": str(new_id()), "credential": {}, "username": "a@exemplo.com.br"},
    ],
)
async def test_a_body_that_does_not_fit(house: Service, door: Door, body: dict[str, Any]) -> None:
    answer = await house.client.post(f"/v1/auth/{door}/passkey/token", json=body)
    assert answer.status_code == 422
