"""Who has not accepted the policy in force: what is shut, what is open, and how it opens."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import PolicyAcceptance
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_member, add_staff
from tests.support.policies import add_unaccepting, nothing_to_come, published
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCEPTANCES = "/v1/customer/policy-acceptances"
PROFILE = "/v1/customer/profile"
INVOICES = "/v1/customer/invoices"
OPEN = (
    PROFILE,
    "/v1/customer/profile/history",
    "/v1/customer/access-log",
    "/v1/customer/analytics-events",
    ACCEPTANCES,
    "/v1/customer/login",
    "/v1/customer/accounts",
    "/v1/customer/membership",
    "/v1/customer/sessions",
    "/v1/customer/authenticators",
    "/v1/customer/interventions",
    "/v1/customer/members",
    "/v1/customer/invitations",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


async def get(house: Service, who: Any, address: str) -> httpx.Response:
    return await house.client.get(address, headers=who.headers)


async def accept(house: Service, who: Any, version: int) -> httpx.Response:
    return await house.client.post(ACCEPTANCES, json={"version": version}, headers=who.headers)


async def shut(house: Service, who: Any) -> bool:
    """Whether the area is shut to them now, as a replica sees it that remembers nothing."""
    house.platform.sessions.forget(who.session_id)
    answer = await get(house, who, INVOICES)
    if answer.status_code == 200:
        return False
    assert (answer.status_code, answer.json()["code"]) == (403, "policy_acceptance_required")
    return True


async def test_a_version_that_wants_to_be_accepted_shuts_the_area_until_it_is(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    assert not await shut(house, maria)
    version = await published(house, director, officer)
    assert await shut(house, maria)
    assert await shut(house, member)
    for address in OPEN:
        assert (await get(house, maria, address)).status_code == 200, address

    accepted = await accept(house, maria, version)
    assert accepted.status_code == 200, accepted.text
    assert (await get(house, maria, INVOICES)).status_code == 200, "at once, where it was accepted"
    assert await shut(house, member), "each accepts in person"
    assert [item["version"] for item in (await get(house, maria, ACCEPTANCES)).json()["items"]] == [
        version,
        version - 1,
    ]
    assert set(accepted.json()) == {"version", "hash", "accepted_at", "channel", "network"}
    assert (accepted.json()["channel"], accepted.json()["network"]) == ("web", "127.0.0.0/24")
    house.clock.ahead = timedelta(minutes=1)
    assert (await accept(house, maria, version)).json() == accepted.json(), "as of the first time"
    house.clock.ahead = timedelta()


async def test_one_that_wants_none_shuts_nothing_and_one_may_accept_the_later(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    maria = await add_customer(house.platform)
    wanted = await published(house, director, officer)
    later = await published(house, director, officer, requires_acceptance=False)
    assert await shut(house, maria)
    old = await accept(house, maria, wanted)
    assert (old.status_code, old.json()["code"]) == (422, "policy_version_not_current")
    assert (await accept(house, maria, later)).status_code == 200
    assert not await shut(house, maria)


async def test_one_that_is_to_come_shuts_at_its_moment_unless_accepted_before(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    early, late = await add_customer(house.platform), await add_customer(house.platform)
    moment = house.clock() + timedelta(minutes=5)
    version = await published(house, director, officer, moment.isoformat())
    assert not await shut(house, late)
    assert (await accept(house, early, version)).status_code == 200
    house.clock.ahead = timedelta(minutes=5, seconds=1)
    assert await shut(house, late)
    assert not await shut(house, early)
    house.clock.ahead = timedelta()
    assert not await shut(house, late), "the moment alone decides"


async def test_who_accepted_nothing_reads_and_corrects_their_own_data(house: Service) -> None:
    legacy = await add_unaccepting(house)
    assert await shut(house, legacy)
    read = await get(house, legacy, PROFILE)
    assert read.json()["name"] == legacy.row["name"]
    corrected = await house.client.patch(
        PROFILE,
        json={"name": "Maria Corrigida"},
        headers=legacy.headers | {"If-Match": read.headers["etag"]},
    )
    assert (corrected.status_code, corrected.json()["name"]) == (200, "Maria Corrigida")


async def test_one_that_was_withdrawn_opens_nothing_and_shuts_nothing(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    await nothing_to_come(house)  # that an earlier test announced
    eager, calm = await add_customer(house.platform), await add_customer(house.platform)
    wanted = await published(house, director, officer)
    assert (await accept(house, calm, wanted)).status_code == 200
    moment = house.clock() + timedelta(minutes=5)
    to_come = await published(house, director, officer, moment.isoformat())
    assert (await accept(house, eager, to_come)).status_code == 200
    assert not await shut(house, eager), "a later one was accepted"
    await nothing_to_come(house)
    assert await shut(house, eager)
    house.clock.ahead = timedelta(minutes=5, seconds=1)
    assert not await shut(house, calm)
    house.clock.ahead = timedelta()
    late = await accept(house, eager, to_come)
    assert (late.status_code, late.json()["code"]) == (422, "policy_version_not_current")


async def test_who_accepted_nothing_can_protect_themselves_and_leave(
    house: Service,
) -> None:
    legacy = await add_unaccepting(house)
    assert await shut(house, legacy)
    changed = await house.client.put(
        "/v1/customer/password",
        json={"current_password": legacy.password, "new_password": "Cinco-patos-8-lagoas!"},
        headers=legacy.headers,
    )
    assert changed.status_code == 204, changed.text
    left = await house.client.post("/v1/auth/logout", headers=legacy.headers)
    assert left.status_code == 204
    mine = select(PolicyAcceptance).where(PolicyAcceptance.login_id == legacy.login_id)
    assert await rows(house.platform, mine) == []


@pytest.mark.parametrize("version", [0, -1, 2**31, 1.5, "1", None, True])
async def test_what_is_no_version_is_refused(
    house: Service, maria: CustomerPerson, version: Any
) -> None:
    answer = await house.client.post(ACCEPTANCES, json={"version": version}, headers=maria.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
