"""Setting second factors up, using and removing them: customers and staff, over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.models import Authenticator, OutboxMessage, RecoveryCode, Session
from tests.support.authenticator import Authenticator as Phone
from tests.support.factors import (
    ORIGIN,
    App,
    add_app,
    add_passkey,
    ask_passkey,
    early_in_a_step,
    offer_passkey,
    place_of,
    sign_in_by_passkey,
    sign_in_by_password,
)
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    bearer,
    open_customer_session,
)
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

Person = CustomerPerson | StaffPerson
BOTH = pytest.mark.parametrize("door", ["customer", "staff"])


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def still_clock(house: Service) -> AsyncIterator[None]:
    early_in_a_step(house)
    yield
    house.clock.ahead = timedelta()


async def somebody(house: Service, door: str) -> Person:
    if door == "customer":
        return await add_customer(house.platform)
    return await add_staff(house.platform, "support")


def holder(person: Person) -> UUID:
    return person.id if isinstance(person, StaffPerson) else person.login_id


async def listed(house: Service, person: Person) -> list[Any]:
    answer = await house.client.get(place_of(person), headers=person.headers)
    assert answer.status_code == 200
    items: list[Any] = answer.json()["items"]
    return items


async def mails(house: Service, person: Person) -> list[Any]:
    """What they were told by mail of their second factors, oldest first."""
    theirs = OutboxMessage.staff_id if isinstance(person, StaffPerson) else OutboxMessage.login_id
    chosen = select(OutboxMessage).where(
        theirs == holder(person), OutboxMessage.template == "second_factor_changed"
    )
    return await rows(house.platform, chosen.order_by(OutboxMessage.id))


async def forget_presence(house: Service, person: Person) -> None:
    async with house.platform.database.transaction() as connection:
        theirs = update(Session).where(Session.id == person.session_id)
        await connection.execute(theirs.values(proved_at=house.clock() - timedelta(minutes=6)))


@BOTH
async def test_an_app_is_set_up_and_asked_for_from_then_on(house: Service, door: str) -> None:
    person = await somebody(house, door)
    started = await house.client.post(place_of(person, "/totp"), headers=person.headers)
    assert started.status_code == 201
    assert started.headers["cache-control"] == "no-store"
    assert set(started.json()) == {"id", "secret", "uri"}
    assert started.json()["secret"] in started.json()["uri"]
    app, key = App(started.json()["secret"]), started.json()["id"]
    unconfirmed = {each["id"]: each["confirmed_at"] for each in await listed(house, person)}
    assert unconfirmed[key] is None
    if door == "customer":  # nothing is asked for yet, and its codes open nothing
        assert (await sign_in_by_password(house, person)).status_code == 200
        early = await sign_in_by_password(house, person, totp=app.code(house))
        assert early.json()["code"] == "invalid_credentials"

    place = place_of(person, f"/totp/{key}/confirm")
    wrong = await house.client.post(place, json={"code": "000000"}, headers=person.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "validation_failed")
    assert wrong.json()["errors"][0]["code"] == "code_incorrect"
    body = {"code": app.code(house), "name": "  Meu   celular "}
    confirmed = await house.client.post(place, json=body, headers=person.headers)
    assert confirmed.status_code == 200
    assert set(confirmed.json()) == {"id", "recovery_codes"}
    assert confirmed.json()["id"] == key
    [shown] = [each for each in await listed(house, person) if each["id"] == key]
    assert (shown["kind"], shown["name"]) == ("totp", "Meu celular")
    assert set(shown) == {"id", "kind", "name", "created_at", "confirmed_at", "last_used_at"}
    assert shown["confirmed_at"] is not None
    assert len(confirmed.json()["recovery_codes"]) == 10
    again = await house.client.post(place, json=body, headers=person.headers)
    assert again.status_code == 404

    spent = await sign_in_by_password(house, person, totp=app.code(house))
    assert spent.json()["code"] == "invalid_credentials"  # the code of the confirmation
    entered = await sign_in_by_password(house, person, totp=app.code(house, 1))
    assert entered.status_code == 200
    without = await sign_in_by_password(house, person)
    if door == "customer":
        assert (without.status_code, without.json()["code"]) == (401, "second_factor_required")
        assert without.headers["www-authenticate"] == "Bearer"
    else:
        assert without.status_code == 422


@BOTH
async def test_what_is_kept_of_it_is_sealed_or_digested(house: Service, door: str) -> None:
    person = await somebody(house, door)
    app, added = await add_app(house, person)
    kept = select(Authenticator).where(Authenticator.id == UUID(added["id"]))
    [row] = await rows(house.platform, kept)
    assert app.secret.encode() not in row.secret
    theirs = RecoveryCode.staff_id if door == "staff" else RecoveryCode.login_id
    digests = await rows(
        house.platform, select(RecoveryCode.digest).where(theirs == holder(person))
    )
    assert len(digests) == 10
    for code in added["recovery_codes"]:
        assert all(code.replace("-", "").encode() not in digest for (digest,) in digests)


async def test_who_forgot_the_code_is_told_of_both_kinds(house: Service) -> None:
    form = {"username": "ana@alainer.com.br", "password": "Errada-12345!"}
    answer = await house.client.post("/v1/auth/staff/token", data=form)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, "code_missing", "/totp")
    assert "(totp)" in error["message"]
    assert "(recovery_code)" in error["message"]


async def test_a_customers_wrong_password_is_told_before_any_code(house: Service) -> None:
    maria = await add_customer(house.platform)
    app, _ = await add_app(house, maria)
    form = {"username": maria.email, "password": "Errada-12345!"}
    answers = [
        await house.client.post("/v1/auth/customer/token", data={**form, **code})
        for code in ({}, {"totp": app.code(house)}, {"recovery_code": "K7QM-3XDW-9FTA-HR4V"})
    ]
    wrong = await sign_in_by_password(house, maria, totp="000000")
    assert {answer.content for answer in answers} == {wrong.content}
    assert wrong.json()["code"] == "invalid_credentials"
    # The right code was not spent by somebody who did not know the password.
    assert (await sign_in_by_password(house, maria, totp=app.code(house))).status_code == 200


@BOTH
async def test_a_recovery_code_stands_in_for_the_app_once(house: Service, door: str) -> None:
    person = await somebody(house, door)
    app, added = await add_app(house, person)
    first, second, *_ = added["recovery_codes"]
    typed = first.lower().replace("-", " ")
    entered = await sign_in_by_password(house, person, recovery_code=typed)
    assert entered.status_code == 200
    again = await sign_in_by_password(house, person, recovery_code=first)
    assert again.json()["code"] == "invalid_credentials"
    assert (await sign_in_by_password(house, person, recovery_code=second)).status_code == 200
    told = [mail.params for mail in await mails(house, person)]
    assert [(each["change"], each["left"]) for each in told] == [
        ("totp_added", 0),
        ("code_used", 9),
        ("code_used", 8),
    ]
    both = {"totp": app.code(house), "recovery_code": added["recovery_codes"][3]}
    assert (await sign_in_by_password(house, person, **both)).status_code == 422


@BOTH
async def test_new_codes_take_the_place_of_the_old(house: Service, door: str) -> None:
    person = await somebody(house, door)
    place = place_of(person, "/recovery-codes")
    if door == "customer":
        none = await house.client.post(place, headers=person.headers)
        assert (none.status_code, none.json()["code"]) == (409, "no_second_factor")
    _, added = await add_app(house, person)
    renewed = await house.client.post(place, headers=person.headers)
    assert renewed.status_code == 200
    codes = renewed.json()["recovery_codes"]
    assert len(set(codes)) == 10
    assert not set(codes) & set(added["recovery_codes"])
    old = await sign_in_by_password(house, person, recovery_code=added["recovery_codes"][0])
    assert old.status_code == 401
    assert (await sign_in_by_password(house, person, recovery_code=codes[9])).status_code == 200


@BOTH
async def test_a_code_of_somebody_else_opens_nothing(house: Service, door: str) -> None:
    person, other = await somebody(house, door), await somebody(house, door)
    app, added = await add_app(house, person)
    await add_app(house, other)
    for code in ({"totp": app.code(house)}, {"recovery_code": added["recovery_codes"][0]}):
        assert (await sign_in_by_password(house, other, **code)).status_code == 401
    assert (await sign_in_by_password(house, person, totp=app.code(house))).status_code == 200


@BOTH
async def test_a_passkey_opens_the_door_alone(house: Service, door: str) -> None:
    person, phone = await somebody(house, door), Phone(ORIGIN)
    added = await add_passkey(house, person, phone)
    [shown] = [each for each in await listed(house, person) if each["id"] == added["id"]]
    assert (shown["kind"], shown["confirmed_at"] is None) == ("passkey", False)
    assert len(added["recovery_codes"]) == 10
    entered = await sign_in_by_passkey(house, "staff" if door == "staff" else "customer", phone)
    assert entered.status_code == 200
    assert entered.json().keys() >= {"access_token", "token_type", "expires_in", "refresh_token"}
    claims = house.platform.tokens.verify(entered.json()["access_token"], door)
    assert claims.subject == holder(person)
    chosen = select(Session.factors, Session.proved_at).where(Session.id == claims.session)
    [(factors, proved_at)] = await rows(house.platform, chosen)
    assert (factors, proved_at is None) == (("passkey",), False)
    [event] = await events(house.platform, session_id=claims.session, outcome="allowed")
    assert event.action == f"auth:{door}:sign_in"
    used = {each["id"]: each["last_used_at"] for each in await listed(house, person)}
    assert used[added["id"]] is not None


async def test_a_second_one_brings_no_codes(house: Service) -> None:
    maria = await add_customer(house.platform)
    _, first = await add_app(house, maria)
    second = await add_passkey(house, maria, Phone(ORIGIN))
    assert len(first["recovery_codes"]) == 10
    assert second["recovery_codes"] is None
    assert [each["kind"] for each in await listed(house, maria)] == ["passkey", "totp"]


@BOTH
async def test_it_is_named_read_and_removed(house: Service, door: str) -> None:
    person, phone = await somebody(house, door), Phone(ORIGIN)
    _, app_added = await add_app(house, person)
    key = (await add_passkey(house, person, phone))["id"]
    place = place_of(person, f"/{key}")
    read = await house.client.get(place, headers=person.headers)
    assert read.json()["name"] == "Chave"
    headers = person.headers | {"If-Match": read.headers["etag"]}
    renamed = await house.client.patch(place, json={"name": "Chave azul"}, headers=headers)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Chave azul")
    stale = await house.client.patch(place, json={"name": "Outra"}, headers=headers)
    assert stale.status_code == 412
    missing = await house.client.patch(place, json={"name": "Outra"}, headers=person.headers)
    assert missing.status_code == 428

    removed = await house.client.delete(place, headers=person.headers)
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await house.client.get(place, headers=person.headers)).status_code == 404
    assert (await house.client.delete(place, headers=person.headers)).status_code == 404
    refused = await sign_in_by_passkey(house, "staff" if door == "staff" else "customer", phone)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    changes = [
        (mail.params["change"], mail.params["factor"]) for mail in await mails(house, person)
    ]
    assert changes == [
        ("totp_added", "Meu celular"),
        ("passkey_added", "Chave"),
        ("removed", "Chave azul"),
    ]
    verbs = [
        event.action.split(":", 1)[1]
        for event in await events(house.platform, subject_id=UUID(key), outcome="allowed")
    ]
    assert [verb for verb in verbs if not verb.endswith(":list")] == [
        "authenticator:add",
        "authenticator:read",
        "authenticator:update",
        "authenticator:read",
        "authenticator:remove",
    ]
    assert app_added["id"] in {each["id"] for each in await listed(house, person)}


async def test_a_customers_last_one_takes_the_codes_along(house: Service) -> None:
    maria = await add_customer(house.platform)
    _, added = await add_app(house, maria)
    place = place_of(maria, f"/{added['id']}")
    assert (await house.client.delete(place, headers=maria.headers)).status_code == 204
    assert (await sign_in_by_password(house, maria)).status_code == 200
    code = {"recovery_code": added["recovery_codes"][0]}
    assert (await sign_in_by_password(house, maria, **code)).status_code == 401
    assert (await mails(house, maria))[-1].params["change"] == "last_removed"
    _, again = await add_app(house, maria)
    assert len(again["recovery_codes"]) == 10


async def test_the_last_one_of_a_member_of_staff_stays(house: Service) -> None:
    ana = await add_staff(house.platform, "billing")
    [first] = await listed(house, ana)
    place = place_of(ana, f"/{first['id']}")
    refused = await house.client.delete(place, headers=ana.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_authenticator")
    started = await house.client.post(place_of(ana, "/totp"), headers=ana.headers)
    assert started.status_code == 201
    # One that is not confirmed is none.
    assert (await house.client.delete(place, headers=ana.headers)).status_code == 409
    await add_passkey(house, ana, Phone(ORIGIN))
    assert (await house.client.delete(place, headers=ana.headers)).status_code == 204
    assert (await sign_in_by_password(house, ana, totp=ana.code(house.clock()))).status_code == 401


@BOTH
async def test_nobody_sees_or_touches_those_of_others(house: Service, door: str) -> None:
    person, other = await somebody(house, door), await somebody(house, door)
    _, added = await add_app(house, person)
    key = added["id"]
    assert key not in {each["id"] for each in await listed(house, other)}
    started = await house.client.post(place_of(person, "/totp"), headers=person.headers)
    calls = [
        ("GET", place_of(other, f"/{key}"), None),
        ("PATCH", place_of(other, f"/{key}"), {"name": "Minha"}),
        ("DELETE", place_of(other, f"/{key}"), None),
        (
            "POST",
            place_of(other, f"/totp/{started.json()['id']}/confirm"),
            {"code": App(started.json()["secret"]).code(house)},
        ),
    ]
    for method, path, body in calls:
        answer = await house.client.request(
            method, path, json=body, headers=other.headers | {"If-Match": "*"}
        )
        unknown = await house.client.request(
            method,
            path.replace(key, str(UUID(int=7))).replace(started.json()["id"], str(UUID(int=7))),
            json=body,
            headers=other.headers | {"If-Match": "*"},
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert answer.content == unknown.content
    assert {each["name"] for each in await listed(house, person)} >= {"Meu celular"}


@BOTH
async def test_changes_want_a_proof_of_presence(house: Service, door: str) -> None:
    person, phone = await somebody(house, door), Phone(ORIGIN)
    _, added = await add_app(house, person)
    started = await house.client.post(place_of(person, "/totp"), headers=person.headers)
    asked = await ask_passkey(house, person)
    credential = phone.create(asked["options"])
    await forget_presence(house, person)
    confirmation = {"code": App(started.json()["secret"]).code(house)}
    for method, path, body in (
        ("POST", "/totp", None),
        ("POST", f"/totp/{started.json()['id']}/confirm", confirmation),
        ("POST", "/passkeys/options", None),
        ("POST", "/recovery-codes", None),
        ("DELETE", f"/{added['id']}", None),
    ):
        answer = await house.client.request(
            method, place_of(person, path), json=body, headers=person.headers
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required"), path
        assert answer.headers["www-authenticate"] == (
            'Bearer error="insufficient_user_authentication", max_age="300"'
        )
    offered = await offer_passkey(house, person, asked, credential)
    assert offered.json()["code"] == "step_up_required"
    # Naming one and looking want none.
    place = place_of(person, f"/{added['id']}")
    headers = person.headers | {"If-Match": "*"}
    assert (await house.client.patch(place, json={"name": "X"}, headers=headers)).status_code == 200
    assert len(await listed(house, person)) >= 2


async def test_starting_anew_forgets_what_was_not_confirmed(house: Service) -> None:
    maria = await add_customer(house.platform)
    keys = []
    for _ in range(3):
        started = await house.client.post(place_of(maria, "/totp"), headers=maria.headers)
        keys.append(started.json()["id"])
    assert [each["id"] for each in await listed(house, maria)] == keys[-1:]


async def test_nobody_has_more_than_ten(house: Service) -> None:
    maria = await add_customer(house.platform)
    for _ in range(10):
        await add_passkey(house, maria, Phone(ORIGIN))
    for path in ("/totp", "/passkeys/options"):
        answer = await house.client.post(place_of(maria, path), headers=maria.headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_authenticators")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": 123456},
        {"code": None},
        {"code": "1" * 17},
        {"code": "123456", "name": ""},
        {"code": "123456", "name": "x" * 101},
        {"code": "123456", "name": "a\u202eb"},
        {"code": "123456", "totp": "123456"},
    ],
)
async def test_a_confirmation_that_does_not_fit(house: Service, body: dict[str, Any]) -> None:
    maria = await add_customer(house.platform)
    started = await house.client.post(place_of(maria, "/totp"), headers=maria.headers)
    place = place_of(maria, f"/totp/{started.json()['id']}/confirm")
    answer = await house.client.post(place, json=body, headers=maria.headers)
    assert answer.status_code == 422


async def test_a_login_of_several_accounts_has_its_factors_in_each(house: Service) -> None:
    maria, shop = await add_customer(house.platform), await add_customer(house.platform)
    _, added = await add_app(house, maria)
    elsewhere = bearer(await open_customer_session(house.platform, maria.login_id, shop.id))
    found = await house.client.get("/v1/customer/authenticators", headers=elsewhere)
    assert [each["id"] for each in found.json()["items"]] == [added["id"]]
