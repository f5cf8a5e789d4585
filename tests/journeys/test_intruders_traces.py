"""What an intruder left behind in an account: an intervention and its link take it away."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from app.models import Authenticator, Invitation, Login, RecoveryCode
from tests.support.authenticator import Authenticator as Phone
from tests.support.factors import (
    ORIGIN,
    add_app,
    add_passkey,
    early_in_a_step,
    sign_in_by_passkey,
)
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_member, add_staff
from tests.support.post import mails, token_sent_to
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.trust import accept, accept_as_new, code, invite, token_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW = "viola-em-3-cacos!"
DOOR = "/v1/public/password-resets"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def director(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "director")


async def intervene(house: Service, director: StaffPerson, person: CustomerPerson) -> str:
    """The password is disabled; the token of the link that its owner is mailed."""
    form = {
        "login_id": str(person.login_id),
        "reason_code": "shared_password",
        "reason_text": "Alguém entrou na sua conta.",
    }
    answer = await house.client.post("/v1/staff/interventions", json=form, headers=director.headers)
    assert answer.status_code == 201, answer.text
    mailed = await mails(house.platform, login_id=person.login_id, template="intervention")
    return await token_sent_to(house.platform, mailed[-1].recipient, "intervention")


async def choose(house: Service, token: str, **more: Any) -> httpx.Response:
    body = {"token": token, "new_password": NEW} | more
    return await house.client.post(f"{DOOR}/confirm", json=body)


async def sign_in(house: Service, person: CustomerPerson) -> int:
    form = {"username": person.email, "password": NEW}
    return (await house.client.post("/v1/auth/customer/token", data=form)).status_code


async def factors_of(house: Service, person: CustomerPerson) -> tuple[int, int]:
    """How many authenticators and recovery codes the login has."""
    found = []
    for model in (Authenticator, RecoveryCode):
        statement = select(func.count()).where(model.login_id == person.login_id)
        found.append((await rows(house.platform, statement))[0][0])
    return found[0], found[1]


async def change_login(house: Service, person: CustomerPerson, **columns: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(Login).where(Login.id == person.login_id).values(**columns))


async def test_an_invitation_of_the_intruders_brings_nobody_in(
    house: Service, director: StaffPerson
) -> None:
    maria, thief = await add_customer(house.platform), await add_customer(house.platform)
    partner = await add_member(house.platform, maria.id, "members", "invoices")
    for email, headers in (
        (thief.email, maria.headers),
        ("ladrao@exemplo.com.br", maria.headers),
        ("contador@exemplo.com.br", partner.headers),
    ):
        assert (await invite(house, headers, email, "invoices")).status_code == 201
    known = await token_of(house, thief.email)
    new = await token_of(house, "ladrao@exemplo.com.br")
    honest = await token_of(house, "contador@exemplo.com.br")
    token = await intervene(house, director, maria)
    withdrawn = select(Invitation.invited_by).where(
        Invitation.customer_id == maria.id, Invitation.withdrawn_at.is_not(None)
    )
    assert {row[0] for row in await rows(house.platform, withdrawn)} == {maria.login_id}
    for _ in range(2):  # before the owner is back, and after
        assert code(await accept(house, thief.headers, known)) == (403, "one_time_token_invalid")
        assert code(await accept_as_new(house, new)) == (403, "one_time_token_invalid")
        await choose(house, token)
    assert (await accept_as_new(house, honest)).status_code == 201, "another member's stands"


async def test_who_must_choose_a_new_password_brings_nobody_in(house: Service) -> None:
    maria, email = await add_customer(house.platform), "espera@exemplo.com.br"
    await invite(house, maria.headers, email, "invoices")
    token = await token_of(house, email)
    await change_login(house, maria, reset_required_at=house.clock())
    assert code(await accept_as_new(house, token)) == (409, "invitation_lapsed")
    again = await invite(house, maria.headers, "outra-espera@exemplo.com.br", "invoices")
    assert again.status_code in (401, 403), "nor asks anybody in"
    await change_login(house, maria, reset_required_at=None)
    assert (await accept_as_new(house, token)).status_code == 201, "no token was lost"


async def test_an_intruders_second_factor_goes_with_the_password(
    house: Service, director: StaffPerson
) -> None:
    early_in_a_step(house)
    maria, thiefs = await add_customer(house.platform), Phone(ORIGIN)
    await add_app(house, maria)
    await add_passkey(house, maria, thiefs)
    assert (await sign_in_by_passkey(house, "customer", thiefs)).status_code == 200
    token = await intervene(house, director, maria)
    assert await factors_of(house, maria) == (0, 0)
    assert (await choose(house, token)).status_code == 204
    assert (await sign_in_by_passkey(house, "customer", thiefs)).status_code == 401
    assert await sign_in(house, maria) == 200, "nothing locks its owner out"


async def old_app(house: Service) -> CustomerPerson:
    """Somebody whose authenticator app is older than what an intervention removes."""
    early_in_a_step(house)
    maria = await add_customer(house.platform)
    await add_app(house, maria)
    before = house.clock() - timedelta(days=31)
    async with house.platform.database.transaction() as connection:
        for model, columns in (
            (Authenticator, {"created_at": before, "confirmed_at": before}),
            (RecoveryCode, {"created_at": before}),
        ):
            mine = update(model).where(model.login_id == maria.login_id)
            await connection.execute(mine.values(**columns))
    return maria


async def test_who_is_locked_out_has_every_second_factor_removed(
    house: Service, director: StaffPerson
) -> None:
    maria = await old_app(house)
    token = await intervene(house, director, maria)
    assert await factors_of(house, maria) == (1, 10)
    weak = await choose(house, token, new_password="curta", remove_second_factors=True)
    assert (weak.status_code, await factors_of(house, maria)) == (422, (1, 10))
    answer = await choose(house, token, remove_second_factors=True)
    assert answer.status_code == 204, answer.text
    assert await factors_of(house, maria) == (0, 0)
    assert await sign_in(house, maria) == 200
    told = await mails(house.platform, login_id=maria.login_id, template="second_factor_changed")
    assert told[-1].params["change"] == "all_removed"
    request_id = answer.headers["x-request-id"]
    recorded = await events(house.platform, request_id=request_id, subject_type="authenticator")
    assert [(event.action, event.rows) for event in recorded] == [("public:password:reset", 1)]


async def test_without_a_wish_older_second_factors_stay(
    house: Service, director: StaffPerson
) -> None:
    maria = await old_app(house)
    token = await intervene(house, director, maria)
    assert (await choose(house, token)).status_code == 204
    assert await factors_of(house, maria) == (1, 10)
    assert await sign_in(house, maria) == 401, "a code is due"


async def test_who_only_forgot_the_password_keeps_the_second_factor(house: Service) -> None:
    maria = await old_app(house)
    await house.client.post(DOOR, json={"email": maria.email})
    token = await token_sent_to(house.platform, maria.email, "password_reset")
    answer = await choose(house, token, remove_second_factors=True)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/remove_second_factors", "not_by_this_link")
    ]
    assert await factors_of(house, maria) == (1, 10)
    assert (await choose(house, token, remove_second_factors=False)).status_code == 204
    assert await factors_of(house, maria) == (1, 10)
