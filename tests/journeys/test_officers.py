"""An officer's way in: registration, confirmation, call-back, sign-in; and the ways out again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.core.ids import new_id
from app.models import Agency, Authenticator, Officer, OutboxMessage, PendingRegistration, Session
from app.services import officer_expiry, officer_registrations, officers, pending_forms
from tests.support.letters import letters_to, token_to
from tests.support.officers import (
    AGENCIES,
    OFFICERS,
    REGISTER,
    AgencyMade,
    OfficerPerson,
    add_agency,
    add_officer,
    call,
    register,
    registered,
    registration,
    sign_in,
)
from tests.support.parties import present
from tests.support.people import PASSWORD, REASON, StaffPerson, bearer
from tests.support.records import rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOGIN = "/v1/authority/login"
RESET = "/v1/public/password-resets"
OTHER = "Sete-jacares-no-brejo-3!"
Later = Callable[..., None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keeper(house: Service) -> StaffPerson:
    """Who enters agencies, and so vets none of their officers."""
    return await present(house, "director")


@pytest_asyncio.fixture(loop_scope="module")
async def vetter(house: Service) -> StaffPerson:
    """Who calls back."""
    return await present(house, "privacy_officer")


@pytest_asyncio.fixture(loop_scope="module")
async def agency(house: Service, keeper: StaffPerson) -> AgencyMade:
    """One that the keeper entered."""
    return await add_agency(house.platform, by=keeper.id)


async def vet(
    house: Service, who: StaffPerson, officer: OfficerPerson, body: dict[str, Any]
) -> Any:
    path = f"{OFFICERS}/{officer.id}/vettings"
    return await house.client.post(path, json=body, headers=who.headers)


async def shut(house: Service, who: StaffPerson, officer: OfficerPerson, verb: str) -> Any:
    headers = {"X-Reason": REASON} | who.headers
    return await house.client.post(f"{OFFICERS}/{officer.id}/{verb}", headers=headers)


async def change(house: Service, officer_id: UUID, **columns: Any) -> None:
    """Store columns of an officer behind the service's back."""
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(Officer).where(Officer.id == officer_id).values(**columns))


async def changes(house: Service, officer: OfficerPerson) -> list[str]:
    """What the officer was told of their standing, in order."""
    told = await letters_to(house.platform, officer.email, "officer_changed")
    return [letter.params["change"] for letter in told]


async def test_from_the_registration_to_the_door(
    house: Service, agency: AgencyMade, vetter: StaffPerson
) -> None:
    listed = await house.client.get("/v1/public/agencies?limit=200")
    [shown] = [item for item in listed.json()["items"] if item["id"] == str(agency.id)]
    assert shown.keys() == {"id", "name", "kind", "jurisdiction", "domains"}
    officer = await registered(house, agency, language="en")
    early = await sign_in(house, officer)
    assert (early.status_code, early.json()["code"]) == (403, "officer_not_vetted")

    waiting = await house.client.get(f"{OFFICERS}?status=confirmed", headers=vetter.headers)
    assert str(officer.id) in {item["id"] for item in waiting.json()["items"]}
    vetted = await vet(house, vetter, officer, call(agency))
    assert vetted.status_code == 201, vetted.text
    told = vetted.json()
    assert (told["status"], told["vetted_by"]) == ("active", str(vetter.id))
    [entry] = told["vettings"]
    assert (entry["by"], entry["phone"]) == (str(vetter.id), agency.phone)
    assert await changes(house, officer) == ["vetted"]
    [letter] = await letters_to(house.platform, officer.email, "officer_changed")
    assert letter.language == "en"

    pair = await sign_in(house, officer, step=1)
    assert pair.status_code == 200, pair.text
    headers = bearer(pair.json()["access_token"])
    me = await house.client.get(LOGIN, headers=headers)
    assert me.status_code == 200
    own = me.json()
    assert (own["email"], own["valid_until"]) == (officer.email, told["valid_until"])
    assert own["agency"] == {
        "name": agency.name,
        "kind": "prosecution",
        "jurisdiction": "BR-SP",
        "status": "active",
    }
    assert own.keys().isdisjoint({"vettings", "vetted_by", "suspended_reason", "password_hash"})
    renewed = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": pair.json()["refresh_token"]}
    )
    assert renewed.status_code == 200
    for path in ("/v1/staff/officers", "/v1/customer/profile"):
        assert (await house.client.get(path, headers=headers)).status_code == 401
    assert (await house.client.post("/v1/auth/logout", headers=headers)).status_code == 204
    assert (await house.client.get(LOGIN, headers=headers)).status_code == 401


async def test_an_impostor_gets_no_mail_and_learns_no_name(
    house: Service, agency: AgencyMade
) -> None:
    known = await add_officer(house.platform, agency)
    for email in (
        "beatriz@gmail.com",
        f"beatriz@{agency.domain}.golpe.com",
        f"beatriz@x{agency.domain}",
        f"beatriz@{agency.domain.replace('o', chr(0x43E))}",
    ):
        answer = await register(house, registration(agency, email=email))
        assert answer.status_code == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["email_not_official"]
        assert known.email not in answer.text
        assert not await letters_to(house.platform, email)
    nowhere = await register(house, registration(agency) | {"agency_id": str(new_id())})
    assert [error["pointer"] for error in nowhere.json()["errors"]] == ["/agency_id"]
    suspended = await add_agency(house.platform, by=agency.by, status="suspended")
    assert (await register(house, registration(suspended))).status_code == 422


async def test_whoever_asks_is_told_the_same_and_a_mail_leaves_either_way(
    house: Service, agency: AgencyMade
) -> None:
    known = await add_officer(house.platform, agency, status="suspended")
    fresh = registration(agency)
    answers = [
        await register(house, body)
        for body in (fresh, registration(agency, email=known.email.upper()))
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    [letter] = await letters_to(house.platform, known.email)
    assert letter.template == "officer_registration_known"
    assert letter.secret.keys() == {"recovery_link"}
    [other] = await letters_to(house.platform, fresh["email"])
    assert other.template == "officer_registration_confirm"
    assert fresh["name"] not in str(other.params)


async def test_a_link_makes_one_officer_once(house: Service, agency: AgencyMade) -> None:
    body = registration(agency)
    assert (await register(house, body)).status_code == 202
    first = await token_to(house.platform, body["email"], "officer_registration_confirm")
    assert (await register(house, body)).status_code == 202
    second = await token_to(house.platform, body["email"], "officer_registration_confirm")
    opened = await house.client.post(f"{REGISTER}/confirm", json={"token": second})
    assert opened.json().keys() == {"status", "totp_secret", "otpauth_uri"}
    for token in (first, second, "x" * 43):
        again = await house.client.post(f"{REGISTER}/confirm", json={"token": token})
        assert again.json()["code"] == "one_time_token_invalid"
    made = await rows(house.platform, select(Officer).where(Officer.email == body["email"]))
    assert [row.status for row in made] == ["confirmed"]
    assert not made[0].password_hash.startswith(PASSWORD)
    # A registration of a customer is not opened by it, nor the other way round.
    wrong = await house.client.post("/v1/public/registrations/confirm", json={"token": first})
    assert wrong.json()["code"] == "one_time_token_invalid"


async def test_a_link_is_worth_nothing_once_the_agency_is_not_what_it_was(
    house: Service, agency: AgencyMade
) -> None:
    tokens = []
    for _ in range(2):
        body = registration(agency)
        await register(house, body)
        tokens.append(await token_to(house.platform, body["email"], "officer_registration_confirm"))
    moved: dict[str, Any] = {"domains": ("outro.exemplo.gov.br",)}
    for token, columns in zip(tokens, (moved, {"status": "suspended"}), strict=True):
        async with house.platform.database.transaction() as connection:
            await connection.execute(update(Agency).where(Agency.id == agency.id).values(**columns))
        answer = await house.client.post(f"{REGISTER}/confirm", json={"token": token})
        assert answer.json()["code"] == "one_time_token_invalid"


async def test_forms_that_nobody_confirms_are_forgotten(
    house: Service, agency: AgencyMade, later: Later
) -> None:
    body = registration(agency)
    await register(house, body)
    waiting = select(PendingRegistration).where(PendingRegistration.email_key == body["email"])
    [form] = await rows(house.platform, waiting)
    assert form.kind == "officer"
    assert body["name"].encode() not in form.form
    later(hours=24, seconds=1)
    await pending_forms.purge(house.platform)
    assert not await rows(house.platform, waiting)


async def test_tries_at_registering_are_paced(shared_database_url: str, tmp_path: Path) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as guarded:
        keeper = await present(guarded, "director")
        body = registration(await add_agency(guarded.platform, by=keeper.id))
        answers = [(await register(guarded, body)).status_code for _ in range(5)]
    assert answers == [202, 202, 202, 429, 429]


async def test_a_weak_password_and_one_in_a_text_are_refused(
    house: Service, agency: AgencyMade
) -> None:
    cases: tuple[tuple[dict[str, str], str], ...] = (
        ({"password": "Senha-123456!"}, "/password"),
        ({"registration_number": PASSWORD}, "/registration_number"),
        ({"tax_id": "11111111111"}, "/tax_id"),
        ({"tax_id": "12ABC34501DE35"}, "/tax_id"),
        ({"office": "king"}, "/office"),
    )
    for members, pointer in cases:
        answer = await register(house, registration(agency, **members))
        assert answer.status_code == 422, members
        assert pointer in {error["pointer"] for error in answer.json()["errors"]}


async def test_whoever_set_phone_or_domains_vets_nobody(
    house: Service, keeper: StaffPerson, vetter: StaffPerson
) -> None:
    headers = vetter.headers | {"If-Match": "*"}
    phone = "+551132999999"
    third = await present(house, "director")
    for what in ("callback_phone", "domains"):
        agency = await add_agency(house.platform, by=keeper.id)
        domains = [agency.domain, "outra.exemplo.gov.br"]
        changed = {what: phone if what == "callback_phone" else domains}
        officer = await registered(house, agency)
        own = await vet(house, keeper, officer, call(agency))
        assert (own.status_code, own.json()["code"]) == (403, "second_person_required")
        path = f"{AGENCIES}/{agency.id}"
        answer = await house.client.patch(path, json=changed, headers=headers)
        assert answer.status_code == 200, answer.text
        tag = (await house.client.get(path, headers=third.headers)).headers["etag"]
        second = await house.client.post(
            f"{path}/confirm", headers=third.headers | {"If-Match": tag}
        )
        assert second.status_code == 200, second.text
        called = call(agency, phone=phone if "callback_phone" in changed else agency.phone)
        for one_of_them in (vetter, keeper):
            tried = await vet(house, one_of_them, officer, called)
            assert tried.json()["code"] == "second_person_required"
        spelt = f"({called['phone'][3:5]}) {called['phone'][5:]}"
        done = await vet(house, third, officer, called | {"phone": spelt})
        assert done.status_code == 201, done.text


async def test_only_the_directorys_phone_counts(
    house: Service, agency: AgencyMade, vetter: StaffPerson
) -> None:
    officer = await registered(house, agency)
    wrong = await vet(house, vetter, officer, call(agency, phone="+5511987654321"))
    assert [error["code"] for error in wrong.json()["errors"]] == ["phone_not_of_directory"]
    assert (await sign_in(house, officer)).json()["code"] == "officer_not_vetted"
    missing = await vet(house, vetter, OfficerPerson(new_id(), agency.id, "", ""), call(agency))
    assert missing.status_code == 404
    assert await changes(house, officer) == []


async def test_vetting_wants_presence_and_the_right(
    house: Service, agency: AgencyMade, vetter: StaffPerson, later: Later
) -> None:
    officer = await registered(house, agency)
    support = await present(house, "support")
    assert (await vet(house, support, officer, call(agency))).json()["code"] == "forbidden"
    later(minutes=5, seconds=1)
    stale = await vet(house, vetter, officer, call(agency))
    assert stale.json()["code"] == "step_up_required"
    for verb in ("suspend", "reinstate"):
        answer = await shut(house, vetter, officer, verb)
        assert answer.json()["code"] == "step_up_required"


async def test_a_refused_call_back_shuts_out_and_an_early_renewal_lengthens(
    house: Service, agency: AgencyMade, vetter: StaffPerson
) -> None:
    officer = await add_officer(house.platform, agency)
    now = house.clock()
    await change(house, officer.id, valid_until=now + timedelta(days=3))
    renewed = await vet(house, vetter, officer, call(agency))
    assert renewed.json()["valid_until"][:4] == str(now.year + 1)
    assert len(renewed.json()["vettings"]) == 2
    refused = await vet(house, vetter, officer, call(agency, outcome="refused"))
    assert (refused.status_code, refused.json()["status"]) == (201, "suspended")
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    again = await vet(house, vetter, officer, call(agency))
    assert again.json()["code"] == "officer_state"
    # Reinstated, they are not in office: the last call-back did not confirm them.
    back = await shut(house, vetter, officer, "reinstate")
    assert back.json()["status"] == "confirmed"
    assert (await sign_in(house, officer)).json()["code"] == "officer_not_vetted"
    assert await changes(house, officer) == ["renewed", "refused", "awaiting_vetting"]


async def test_a_suspended_officer_is_out_at_once_and_within_a_second_elsewhere(
    house: Service, agency: AgencyMade, vetter: StaffPerson
) -> None:
    officer = await add_officer(house.platform, agency)
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200
    bare = await house.client.post(f"{OFFICERS}/{officer.id}/suspend", headers=vetter.headers)
    assert bare.json()["code"] == "reason_required"
    shown = await shut(house, vetter, officer, "suspend")
    assert (shown.status_code, shown.json()["suspended_reason"]) == (200, REASON)
    ended = await house.client.get(LOGIN, headers=officer.headers)
    assert (ended.status_code, ended.json()["code"]) == (401, "session_ended")
    renewal = {"refresh_token": officer.refresh_token}
    assert (await house.client.post("/v1/auth/refresh", json=renewal)).status_code == 401
    wrong = await sign_in(house, officer)
    nobody = await sign_in(house, OfficerPerson(new_id(), agency.id, "x@b.gov.br", "A" * 32))
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json() == nobody.json()
    [row] = await rows(
        house.platform, select(Session.end_reason).where(Session.id == officer.session_id)
    )
    assert row.end_reason == officers.END_REASON
    assert (await shut(house, vetter, officer, "suspend")).json()["code"] == "officer_state"

    back = await shut(house, vetter, officer, "reinstate")
    assert back.json()["status"] == "active"
    assert (await sign_in(house, officer, step=1)).status_code == 200
    assert (await shut(house, vetter, officer, "reinstate")).json()["code"] == "officer_state"
    assert await changes(house, officer) == ["suspended", "reinstated"]
    for letter in await letters_to(house.platform, officer.email, "officer_changed"):
        assert REASON not in str(letter.params)


async def test_another_replica_notices_within_a_second(house: Service, agency: AgencyMade) -> None:
    officer = await add_officer(house.platform, agency)
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200
    now = house.clock()
    await change(
        house, officer.id, status="suspended", suspended_at=now, suspended_reason="Noutra máquina"
    )
    house.platform.sessions._known.clear()  # what half a second does
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401


async def test_a_suspended_agency_takes_its_officers_along(
    house: Service, keeper: StaffPerson, agency: AgencyMade
) -> None:
    officer = await add_officer(house.platform, agency)
    other = await add_officer(house.platform, await add_agency(house.platform, by=keeper.id))
    headers = (await present(house, "director")).headers | {"If-Match": "*"}
    path = f"{AGENCIES}/{agency.id}"
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200
    body = {"status": "suspended"}
    assert (await house.client.patch(path, json=body, headers=headers)).status_code == 200
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    assert (await sign_in(house, officer)).json()["code"] == "invalid_credentials"
    assert (await house.client.get(LOGIN, headers=other.headers)).status_code == 200
    published = await house.client.get("/v1/public/agencies?limit=200")
    assert str(agency.id) not in published.text
    body = {"status": "active"}
    assert (await house.client.patch(path, json=body, headers=headers)).status_code == 200
    # What was open when it happened does not open again.
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    assert (await sign_in(house, officer, step=1)).status_code == 200


async def test_a_year_ends_with_reminders_before_it(
    house: Service, agency: AgencyMade, later: Later
) -> None:
    officer = await add_officer(house.platform, agency)
    waiting = await add_officer(house.platform, agency, status="confirmed")

    async def reminded() -> int:
        await officer_expiry.work(house.platform)
        await officer_expiry.work(house.platform)
        return len(await letters_to(house.platform, officer.email, "officer_expiring"))

    counts = []
    for days in (330, 336, 350, 359, 364):
        later(days=days)
        counts.append(await reminded())
    assert counts == [0, 1, 1, 2, 2]
    assert await changes(house, officer) == []
    later(days=365, seconds=1)
    over = await sign_in(house, officer)
    assert over.json()["code"] == "invalid_credentials"  # before the worker has come round, too
    assert await reminded() == 2
    [row] = await rows(house.platform, select(Officer).where(Officer.id == officer.id))
    assert row.status == "expired"
    assert await changes(house, officer) == ["expired"]
    [session] = await rows(
        house.platform, select(Session.end_reason).where(Session.id == officer.session_id)
    )
    assert session.end_reason == officer_expiry.END_REASON
    [row] = await rows(house.platform, select(Officer).where(Officer.id == waiting.id))
    assert row.status == "confirmed"


async def test_an_expired_officer_is_renewed_by_another_call(
    house: Service, agency: AgencyMade, vetter: StaffPerson
) -> None:
    now = house.clock()
    officer = await add_officer(
        house.platform, agency, status="expired", valid_until=now - timedelta(days=1)
    )
    assert (await sign_in(house, officer)).json()["code"] == "invalid_credentials"
    renewed = await vet(house, vetter, officer, call(agency))
    assert renewed.json()["status"] == "active"
    assert await changes(house, officer) == ["renewed"]
    assert (await sign_in(house, officer, step=1)).status_code == 200


async def test_wrong_credentials_of_every_kind_are_answered_alike(
    house: Service, agency: AgencyMade
) -> None:
    officer = await add_officer(house.platform, agency)
    waiting = await add_officer(house.platform, agency, status="confirmed")
    bodies = []
    for who, password in (
        (officer, OTHER),
        (waiting, OTHER),
        (OfficerPerson(officer.id, agency.id, officer.email, "A" * 32), PASSWORD),
        (OfficerPerson(waiting.id, agency.id, waiting.email, "A" * 32), PASSWORD),
    ):
        answer = await sign_in(house, who, password=password)
        assert answer.status_code == 401
        bodies.append(answer.json())
    assert bodies == [bodies[0]] * 4
    codeless = await house.client.post(
        "/v1/auth/authority/token", data={"username": officer.email, "password": PASSWORD}
    )
    assert codeless.status_code == 422
    # A code opens once, even if it only told that somebody waits.
    assert (await sign_in(house, waiting)).json()["code"] == "officer_not_vetted"
    assert (await sign_in(house, waiting)).json()["code"] == "invalid_credentials"


async def test_own_sessions_password_and_factors(house: Service, agency: AgencyMade) -> None:
    officer = await add_officer(house.platform, agency)
    pair = (await sign_in(house, officer)).json()
    second = bearer(pair["access_token"])
    listed = (await house.client.get("/v1/authority/sessions", headers=second)).json()
    assert {item["id"] for item in listed["items"]} == {
        str(officer.session_id),
        listed["current"],
    }
    path = f"/v1/authority/sessions/{officer.session_id}"
    assert (await house.client.delete(path, headers=second)).status_code == 204
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401

    proof = {"totp": officer.code(house.clock() + timedelta(seconds=30))}
    stepped = await house.client.post("/v1/auth/step-up", json=proof, headers=second)
    assert stepped.status_code == 200, stepped.text
    password = await house.client.post(
        "/v1/auth/step-up", json={"password": PASSWORD}, headers=second
    )
    assert password.json()["code"] == "stronger_proof_required"
    [factor] = (await house.client.get("/v1/authority/authenticators", headers=second)).json()[
        "items"
    ]
    gone = await house.client.delete(f"/v1/authority/authenticators/{factor['id']}", headers=second)
    assert gone.json()["code"] == "last_authenticator"
    codes = await house.client.post("/v1/authority/authenticators/recovery-codes", headers=second)
    form = {
        "username": officer.email,
        "password": PASSWORD,
        "recovery_code": codes.json()["recovery_codes"][0],
    }
    third = await house.client.post("/v1/auth/authority/token", data=form)
    assert third.status_code == 200, third.text
    body = {"current_password": PASSWORD, "new_password": OTHER}
    changed = await house.client.put("/v1/authority/password", json=body, headers=second)
    assert changed.status_code == 204, changed.text
    assert (await house.client.get(LOGIN, headers=second)).status_code == 200
    ended = bearer(third.json()["access_token"])
    assert (await house.client.get(LOGIN, headers=ended)).status_code == 401
    told = await letters_to(house.platform, officer.email, "password_changed")
    assert told[-1].params["recovery_link"].endswith("/authority-recover")
    assert told[-1].row.officer_id == officer.id
    everybody = await house.client.delete("/v1/authority/sessions", headers=second)
    assert everybody.status_code == 204


async def test_a_forgotten_password_is_recovered_by_mail(
    house: Service, agency: AgencyMade
) -> None:
    officer = await add_officer(house.platform, agency)
    shut_out = await add_officer(house.platform, agency, status="suspended")
    customers = await house.client.post(RESET, json={"email": officer.email})
    assert customers.status_code == 202
    assert not await letters_to(house.platform, officer.email)
    answers = [
        await house.client.post(RESET, json={"email": email, "door": "authority"})
        for email in (officer.email, shut_out.email, f"ninguem@{agency.domain}")
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 3
    assert not await letters_to(house.platform, shut_out.email)
    token = await token_to(house.platform, officer.email, "password_reset")
    body = {"token": token, "new_password": OTHER}
    clearing = await house.client.post(
        f"{RESET}/confirm", json=body | {"remove_second_factors": True}
    )
    assert clearing.status_code == 422
    done = await house.client.post(f"{RESET}/confirm", json=body)
    assert done.status_code == 204, done.text
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    assert (await sign_in(house, officer)).status_code == 401
    assert (await sign_in(house, officer, password=OTHER, step=1)).status_code == 200
    again = await house.client.post(f"{RESET}/confirm", json=body)
    assert again.json()["code"] == "one_time_token_invalid"


async def test_a_link_to_recover_is_dead_once_its_officer_is_shut_out(
    house: Service, agency: AgencyMade, vetter: StaffPerson
) -> None:
    officer = await add_officer(house.platform, agency)
    await house.client.post(RESET, json={"email": officer.email, "door": "authority"})
    token = await token_to(house.platform, officer.email, "password_reset")
    assert (await shut(house, vetter, officer, "suspend")).status_code == 200
    body = {"token": token, "new_password": OTHER}
    answer = await house.client.post(f"{RESET}/confirm", json=body)
    assert answer.json()["code"] == "one_time_token_invalid"


async def test_colleagues_are_officers_in_office_of_the_same_agency(
    house: Service, agency: AgencyMade, keeper: StaffPerson
) -> None:
    one, two = [await add_officer(house.platform, agency) for _ in range(2)]
    idle = await add_officer(house.platform, agency, status="confirmed")
    stranger = await add_officer(house.platform, await add_agency(house.platform, by=keeper.id))
    async with house.platform.database.transaction() as connection:
        found = [
            await officers.colleague(house.platform, connection, one.id, email)
            for email in (two.email.upper(), one.email, idle.email, stranger.email)
        ]
    assert found == [two.id, None, None, None]


async def test_secrets_of_officers_are_sealed_and_hashed(
    house: Service, agency: AgencyMade
) -> None:
    officer = await registered(house, agency)
    [kept] = await rows(
        house.platform,
        select(Authenticator.secret).where(Authenticator.officer_id == officer.id),
    )
    assert officer.totp_secret.encode() not in kept.secret
    mails = await rows(
        house.platform, select(OutboxMessage).where(OutboxMessage.recipient == officer.email)
    )
    assert officer.totp_secret not in str(mails)
    assert officer_registrations.PURPOSE
