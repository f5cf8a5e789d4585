"""The chain of custody of a request: whole, in order, by name, and found again under its seals."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import AuditEvent, AuditSeal
from app.services import seals
from app.services.audit_digest import NEWEST, within
from tests.support.legal import DESK, DOOR, asked, brought, entered, sent
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer
from tests.support.people import StaffPerson, add_staff
from tests.support.records import rows
from tests.support.sealed import HOUR, MINUTE, write
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = "127.0.0.0/24"
"""The network that tests come from."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


async def custody(
    house: Service, by: StaffPerson, request_id: str, **parameters: str | int
) -> httpx.Response:
    address = f"{DESK}/{request_id}/custody"
    return await house.client.get(address, params=parameters, headers=by.headers)


async def test_it_tells_every_touch_oldest_first_by_name(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, agency: AgencyMade
) -> None:
    request = await sent(house, beatriz)
    await house.client.get(DESK, headers=privacy.headers)
    await brought(house, privacy, request["id"], "begin", "confirm")
    await house.client.get(f"{DESK}/{request['id']}/targets", headers=privacy.headers)
    await house.client.get(f"{DESK}/{request['id']}/steps", headers=privacy.headers)
    await house.client.get(f"{DOOR}/{request['id']}/steps", headers=beatriz.headers)

    answer = await custody(house, privacy, request["id"])
    assert answer.status_code == 200, answer.text
    chain = answer.json()["items"]
    assert [link["id"] for link in chain] == sorted(link["id"] for link in chain)
    assert [link["action"] for link in chain] == [
        "authority:legal_request:create",
        "authority:legal_document:create",
        *("authority:legal_request:advance",) * 2,
        "staff:legal_request:list",
        *("staff:legal_request:advance",) * 2,
        "system:legal_document:verify",
        *("staff:legal_request:advance",) * 2,
        "staff:legal_target:list",
        "staff:legal_step:list",
        "authority:legal_step:list",
    ]
    steps = [link["step"] for link in chain if link["step"]]
    assert [step["deed"] for step in steps] == ["submit", "begin", "confirm"]
    assert all(step["actor_name"] for step in steps)
    for link in chain:
        assert link["actor_name"] or link["actor_kind"] == "system"  # the worker is nobody
        assert (link["agency"] == agency.name) == (link["actor_kind"] == "officer")
        assert link["network"] == (None if link["actor_kind"] == "system" else HERE)
        assert link["seal"] is None


async def test_reading_it_is_its_next_link(
    house: Service, beatriz: OfficerPerson, director: StaffPerson
) -> None:
    request = await sent(house, beatriz)
    before = (await custody(house, director, request["id"])).json()["items"]
    after = (await custody(house, director, request["id"])).json()["items"]
    assert after[:-1] == before
    assert (after[-1]["action"], after[-1]["rows"]) == ("staff:legal_custody:list", len(before))


async def test_it_is_told_page_by_page(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, director: StaffPerson
) -> None:
    request, other = await sent(house, beatriz), await sent(house, beatriz)
    await brought(house, privacy, request["id"], "begin", "confirm")
    whole = (await custody(house, director, request["id"])).json()["items"]
    found: list[dict[str, object]] = []
    cursor = None
    while len(found) < len(whole):
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        page = (await custody(house, director, request["id"], limit=2, **more)).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert found[: len(whole)] == whole
    assert cursor is not None  # reading has made links
    foreign = await custody(house, director, other["id"], limit=2, cursor=cursor)
    assert foreign.json()["code"] == "invalid_cursor"
    for name in ("action", "subject_id", "since", "nonsense"):
        refused = await custody(house, director, request["id"], **{name: "x"})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_parameter")


async def test_each_link_is_found_under_its_seal(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson
) -> None:
    request = await sent(house, beatriz)
    about = {"subject_type": "legal_request", "subject_id": UUID(request["id"])}
    for hours in (3, 2, 1):  # one cannot wait for PostgreSQL's clock
        await write(house, 3, ago=hours * HOUR)
        await write(house, 2, ago=hours * HOUR, **about)
        house.clock.ahead = seals.SETTLED + MINUTE - hours * HOUR
        await seals.seal(house.platform)
    house.clock.ahead = timedelta()
    chain = (await custody(house, privacy, request["id"])).json()["items"]
    sealed = [link for link in chain if link["seal"]]
    assert sealed == chain[: len(sealed)]  # what is sealed is older than what is not yet
    assert list(Counter(link["seal"]["number"] for link in sealed).values()) == [2, 2, 2]
    for link in sealed:
        (seal,) = await rows(
            house.platform, select(AuditSeal).where(AuditSeal.number == link["seal"]["number"])
        )
        assert link["seal"]["digest"] == seal.digest.hex()
        assert link["seal"]["events"] == seal.events == 5
        assert link["seal"]["version"] == NEWEST
        covered = await rows(
            house.platform,
            select(AuditEvent.id)
            .where(*within(AuditEvent.id, seal.first_id, seal.last_id))
            .order_by(AuditEvent.id),
        )
        assert covered[link["seal"]["place"] - 1].id == UUID(link["id"])


async def test_a_network_that_no_seal_vouches_for_is_not_told(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await sent(house, beatriz)
    about: dict[str, Any] = {"subject_type": "legal_request", "subject_id": UUID(request["id"])}
    told = []
    for version, minutes in ((1, 24), (NEWEST, 18)):
        monkeypatch.setattr(seals, "NEWEST", version)
        (event,) = await write(house, ago=minutes * MINUTE, network="203.0.113.0/24", **about)
        house.clock.ahead = seals.SETTLED + MINUTE - minutes * MINUTE
        await seals.seal(house.platform)
        house.clock.ahead = timedelta()
        chain = (await custody(house, privacy, request["id"])).json()["items"]
        [link] = [each for each in chain if each["id"] == str(event)]
        told.append((link["seal"]["version"], link["network"]))
    assert told == [(1, None), (NEWEST, "203.0.113.0/24")]


async def test_others_see_none_of_it(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson
) -> None:
    request = await sent(house, beatriz)
    for role, status in (("support", 403), ("marketing", 403), ("systems_engineer", 200)):
        person = await add_staff(house.platform, role)
        headers = {**person.headers, "X-Reason": "Auditoria da cadeia"}
        answer = await house.client.get(f"{DESK}/{request['id']}/custody", headers=headers)
        assert answer.status_code == status, answer.text
    draft = await house.client.post(DOOR, json=asked(), headers=beatriz.headers)
    unseen = await custody(house, privacy, draft.json()["id"])
    assert unseen.status_code == 404


async def test_what_came_on_paper_has_a_chain_too(
    house: Service, privacy: StaffPerson, agency: AgencyMade
) -> None:
    draft = await entered(house, privacy, agency.id)
    chain = (await custody(house, privacy, draft["id"])).json()["items"]
    assert [link["action"] for link in chain] == ["staff:legal_request:create"]
