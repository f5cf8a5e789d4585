"""An officer who lost every second factor comes back: by two people, a call, a mail, a password."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.models import Agency, AuditEvent, Authenticator, RecoveryCode, Session
from app.services import factor_replacement, officer_recoveries
from tests.support.letters import letters_to, token_to
from tests.support.officers import (
    OFFICERS,
    AgencyMade,
    OfficerPerson,
    add_agency,
    add_officer,
    call,
    sign_in,
    signed_in,
    vetting,
)
from tests.support.parties import present
from tests.support.people import PASSWORD, REASON, StaffPerson
from tests.support.records import rows
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOGIN = "/v1/authority/login"
CONFIRM = "/v1/public/authority-recoveries/confirm"
RESET = "/v1/public/password-resets"
OTHER = "Sete-jacares-no-brejo-3!"
Later = Callable[..., None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keeper(house: Service) -> StaffPerson:
    """Who entered the agency, and so vouches for none of its officers."""
    return await present(house, "director")


@pytest_asyncio.fixture(loop_scope="module")
async def caller(house: Service) -> StaffPerson:
    """Who calls back."""
    return await present(house, "privacy_officer")


@pytest_asyncio.fixture(loop_scope="module")
async def second(house: Service) -> StaffPerson:
    """Who lets the officer back in."""
    return await present(house, "director")


@pytest_asyncio.fixture(loop_scope="module")
async def agency(house: Service, keeper: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=keeper.id)


async def called(
    house: Service, who: StaffPerson, agency: AgencyMade, officer: OfficerPerson, **members: Any
) -> httpx.Response:
    """The agency was called; it confirmed the loss unless `members` say otherwise."""
    body = call(agency, **({"about": officer_recoveries.LOST} | members))
    path = f"{OFFICERS}/{officer.id}/vettings"
    return await house.client.post(path, json=body, headers=who.headers)


async def permit(
    house: Service, who: StaffPerson, officer: OfficerPerson, reason: str | None = REASON
) -> httpx.Response:
    headers = who.headers if reason is None else {"X-Reason": reason} | who.headers
    return await house.client.post(f"{OFFICERS}/{officer.id}/recoveries", headers=headers)


async def link_of(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson
) -> tuple[OfficerPerson, str]:
    """An officer who lost their factors, and the token of the link that they were sent."""
    officer = await add_officer(house.platform, agency)
    assert (await called(house, caller, agency, officer)).status_code == 201
    sent = await permit(house, second, officer)
    assert sent.status_code == 201, sent.text
    return officer, await token_to(house.platform, officer.email, "officer_recovery")


async def use(house: Service, token: str, password: str = PASSWORD) -> httpx.Response:
    return await house.client.post(CONFIRM, json={"token": token, "password": password})


async def desk_letters(house: Service, who: StaffPerson) -> list[str]:
    told = await letters_to(house.platform, who.email, "officer_recovery_told")
    return [letter.params["change"] for letter in told]


async def test_two_people_a_call_a_mail_and_the_password_let_an_officer_back(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson
) -> None:
    officer = await add_officer(house.platform, agency)
    codes = await house.client.post(
        "/v1/authority/authenticators/recovery-codes", headers=officer.headers
    )
    assert codes.status_code == 200, codes.text
    vetted = await called(house, caller, agency, officer)
    assert vetted.json()["vettings"][-1]["about"] == "lost_factors"
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200

    sent = await permit(house, second, officer)
    assert sent.status_code == 201, sent.text
    entry = sent.json()["vettings"][-1]
    assert (entry["by"], entry["recovered_by"]) == (str(caller.id), str(second.id))
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    assert (await sign_in(house, officer)).status_code == 200, "what was found again still opens"
    officer = await signed_in(house.platform, officer)

    [letter] = await letters_to(house.platform, officer.email, "officer_recovery")
    assert letter.row.officer_id == officer.id
    assert letter.token not in str(letter.params) + sent.text
    opened = await use(house, letter.token)
    assert opened.status_code == 200, opened.text
    assert opened.json().keys() == {"totp_secret", "otpauth_uri"}
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    [ended] = await rows(
        house.platform, select(Session.end_reason).where(Session.id == officer.session_id)
    )
    assert ended.end_reason == factor_replacement.END_REASON
    [factor] = await rows(
        house.platform, select(Authenticator).where(Authenticator.officer_id == officer.id)
    )
    assert factor.kind == "totp"
    mine = select(RecoveryCode.digest).where(RecoveryCode.officer_id == officer.id)
    assert not await rows(house.platform, mine)

    assert (await sign_in(house, officer, step=1)).status_code == 401
    fresh = OfficerPerson(officer.id, agency.id, officer.email, opened.json()["totp_secret"])
    assert (await sign_in(house, fresh)).status_code == 200
    assert (await use(house, letter.token)).json()["code"] == "one_time_token_invalid"

    changed = await letters_to(house.platform, officer.email, "second_factor_changed")
    assert [letter.params["change"] for letter in changed] == ["codes_renewed", "recovered_by_call"]
    assert await desk_letters(house, caller) == ["sent", "used"]
    events = await rows(
        house.platform,
        select(AuditEvent.action, AuditEvent.actor_id, AuditEvent.reason).where(
            AuditEvent.subject_id == officer.id, AuditEvent.action.like("%:officer:recover")
        ),
    )
    assert {tuple(event) for event in events} == {
        ("staff:officer:recover", second.id, REASON),
        ("public:officer:recover", None, None),
    }


async def test_one_person_alone_lets_nobody_back(
    house: Service, agency: AgencyMade, keeper: StaffPerson, caller: StaffPerson
) -> None:
    officer = await add_officer(house.platform, agency)
    assert (await called(house, caller, agency, officer)).status_code == 201
    for who in (caller, keeper):  # who called, and who set phone and domains
        refused = await permit(house, who, officer)
        assert (refused.status_code, refused.json()["code"]) == (403, "second_person_required")
    assert not await letters_to(house.platform, officer.email, "officer_recovery")
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200


async def test_only_a_fresh_call_about_the_loss_counts(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson, later: Later
) -> None:
    async def missing(officer: OfficerPerson) -> None:
        refused = await permit(house, second, officer)
        assert (refused.status_code, refused.json()["code"]) == (409, "callback_missing")

    officer = await add_officer(house.platform, agency)
    await missing(officer)
    assert (await called(house, caller, agency, officer, about="office")).status_code == 201
    await missing(officer)
    assert (await called(house, caller, agency, officer)).status_code == 201
    async with house.platform.database.transaction() as connection:
        mine = update(Agency).where(Agency.id == agency.id)
        await connection.execute(mine.values(callback_phone="+551130001111"))
    await missing(officer)  # the call went to a phone that is the agency's no more
    async with house.platform.database.transaction() as connection:
        await connection.execute(mine.values(callback_phone=agency.phone))
    assert (await permit(house, second, officer)).status_code == 201
    await missing(officer)  # one call, one link

    old = vetting(agency, house.clock(), about=officer_recoveries.LOST, by=str(caller.id))
    waited = await add_officer(house.platform, agency, vettings=[old])
    later(hours=24, seconds=1)
    awake = await present(house, "director")
    late = await permit(house, awake, waited)
    assert late.json()["code"] == "callback_missing"


async def test_it_wants_the_right_a_reason_and_presence(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson, later: Later
) -> None:
    officer = await add_officer(house.platform, agency)
    assert (await called(house, caller, agency, officer)).status_code == 201
    for role in ("support", "systems_engineer"):
        who = await present(house, role)
        assert (await permit(house, who, officer)).json()["code"] == "forbidden"
    assert (await permit(house, second, officer, None)).json()["code"] == "reason_required"
    nobody = OfficerPerson(agency.id, agency.id, "", "")
    assert (await permit(house, second, nobody)).status_code == 404
    later(minutes=5, seconds=1)
    assert (await permit(house, second, officer)).json()["code"] == "step_up_required"


async def test_who_is_not_in_office_is_not_let_back(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson
) -> None:
    lost = vetting(agency, house.clock(), about=officer_recoveries.LOST, by=str(caller.id))
    for status in ("confirmed", "expired", "suspended"):
        officer = await add_officer(house.platform, agency, status=status, vettings=[lost])
        refused = await permit(house, second, officer)
        assert (refused.status_code, refused.json()["code"]) == (409, "officer_state"), status
    away = await add_agency(house.platform, by=agency.by, status="suspended")
    lost = vetting(away, house.clock(), about=officer_recoveries.LOST, by=str(caller.id))
    officer = await add_officer(house.platform, away, vettings=[lost])
    assert (await permit(house, second, officer)).json()["code"] == "officer_state"


async def test_the_link_alone_opens_nothing_and_stays_good(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson
) -> None:
    officer, token = await link_of(house, agency, caller, second)
    wrong = await use(house, token, OTHER)
    assert wrong.status_code == 422
    assert [error["code"] for error in wrong.json()["errors"]] == ["password_incorrect"]
    assert (await sign_in(house, officer)).status_code == 200, "nothing was changed by it"
    # Who forgot the password as well chooses another first; the link survives it.
    await house.client.post(RESET, json={"email": officer.email, "door": "authority"})
    reset = await token_to(house.platform, officer.email, "password_reset")
    body = {"token": reset, "new_password": OTHER}
    assert (await house.client.post(f"{RESET}/confirm", json=body)).status_code == 204
    assert (await use(house, token)).json()["code"] == "validation_failed"
    assert (await use(house, token, OTHER)).status_code == 200


async def test_the_link_of_a_reset_enrols_nothing_and_the_other_way_round(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson
) -> None:
    officer, token = await link_of(house, agency, caller, second)
    await house.client.post(RESET, json={"email": officer.email, "door": "authority"})
    reset = await token_to(house.platform, officer.email, "password_reset")
    assert (await use(house, reset)).json()["code"] == "one_time_token_invalid"
    body = {"token": token, "new_password": OTHER}
    answer = await house.client.post(f"{RESET}/confirm", json=body)
    assert answer.json()["code"] == "one_time_token_invalid"


async def test_a_link_dies_after_a_day_and_with_the_office(
    house: Service, agency: AgencyMade, caller: StaffPerson, second: StaffPerson, later: Later
) -> None:
    officer, token = await link_of(house, agency, caller, second)
    shut = {"X-Reason": REASON} | second.headers
    for verb in ("suspend", "reinstate"):  # back in office, the link of before is still dead
        path = f"{OFFICERS}/{officer.id}/{verb}"
        assert (await house.client.post(path, headers=shut)).status_code == 200
        assert (await use(house, token)).json()["code"] == "one_time_token_invalid"
    _, other = await link_of(house, agency, caller, second)
    later(hours=24, seconds=1)
    assert (await use(house, other)).json()["code"] == "one_time_token_invalid"
    assert (await use(house, "x" * 43)).json()["code"] == "one_time_token_invalid"


async def test_guesses_with_a_link_are_paced_like_sign_ins(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as guarded:
        keeper, caller, second = [
            await present(guarded, role) for role in ("director", "privacy_officer", "director")
        ]
        agency = await add_agency(guarded.platform, by=keeper.id)
        officer, token = await link_of(guarded, agency, caller, second)
        guesses = [(await use(guarded, token, OTHER)).status_code for _ in range(12)]
        assert guesses[0] == 422
        assert guesses[-1] == 429
        assert (await sign_in(guarded, officer)).status_code == 429
