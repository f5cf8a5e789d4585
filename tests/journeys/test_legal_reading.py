"""Nobody answers for anything else than what they read: entity tags, and files that are closed."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import update

from app.models import LegalRequest
from app.services import legal_collection
from tests.support.legal import (
    DESK,
    brought,
    entered,
    secrecy,
    sound_order,
    step,
    tag,
    uploaded,
    verify,
)
from tests.support.officers import add_agency
from tests.support.people import StaffPerson, add_staff
from tests.support.policies import prove_presence
from tests.support.service import Service
from tests.support.signed_documents import pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

REVIEWED = ("submit", "begin", "confirm", "forward")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> UUID:
    return (await add_agency(house.platform, by=director.id)).id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def checker(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def do(
    house: Service, who: StaffPerson, request_id: str, deed: str, read: dict[str, str]
) -> httpx.Response:
    """A deed of somebody who read that."""
    await prove_presence(house, who)
    return await house.client.post(
        f"{DESK}/{request_id}/steps", json={"deed": deed}, headers=who.headers | read
    )


@pytest.mark.parametrize("deed", ["approve", "check"])
async def test_only_what_was_read_is_approved_and_checked(
    house: Service,
    desk: StaffPerson,
    director: StaffPerson,
    checker: StaffPerson,
    agency: UUID,
    deed: str,
) -> None:
    request_id = (await entered(house, desk, agency))["id"]
    await brought(house, desk, request_id, *REVIEWED)
    who = director
    if deed == "check":
        await brought(house, director, request_id, "approve")
        await legal_collection.work(house.platform)
        who = checker
    assert problem(await do(house, who, request_id, deed, {})) == (428, "precondition_required")
    read = await tag(house, who, request_id)
    others = await tag(house, desk if who is director else director, request_id)
    secret = secrecy((house.clock() + timedelta(days=9)).isoformat())
    await prove_presence(house, desk)
    ordered = await house.client.post(
        f"{DESK}/{request_id}/secrecy-orders", json=secret, headers=desk.headers
    )
    assert ordered.is_success, ordered.text
    for stale in ({"If-Match": "*"}, {"If-Match": '"0"'}, read, others):
        answer = await do(house, who, request_id, deed, stale)
        assert problem(answer) == (412, "precondition_failed"), stale
    done = await do(house, who, request_id, deed, await tag(house, who, request_id))
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == (await tag(house, who, request_id))["If-Match"]


async def test_other_deeds_may_say_what_they_read(
    house: Service, desk: StaffPerson, agency: UUID
) -> None:
    request_id = (await entered(house, desk, agency))["id"]
    read = await tag(house, desk, request_id)
    await brought(house, desk, request_id, "submit")
    stale = await do(house, desk, request_id, "begin", read)
    assert problem(stale) == (412, "precondition_failed")
    done = await do(house, desk, request_id, "begin", await tag(house, desk, request_id))
    assert done.status_code == 200, done.text
    mute = await do(house, desk, request_id, "reject", {"If-Match": "*"})
    assert problem(mute) == (422, "validation_failed"), "a reason is missing, and no state"


async def test_that_a_deadline_passes_makes_no_reading_stale(
    house: Service, desk: StaffPerson, agency: UUID
) -> None:
    request_id = (await entered(house, desk, agency))["id"]
    await brought(house, desk, request_id, "submit")
    before = await house.client.get(f"{DESK}/{request_id}", headers=desk.headers)
    past = update(LegalRequest).where(LegalRequest.id == UUID(request_id))
    soon = house.clock() + timedelta(seconds=30)
    async with house.platform.database.transaction() as connection:
        await connection.execute(past.values(legal_due_at=soon))
    read = await tag(house, desk, request_id)
    assert read["If-Match"] != before.headers["etag"], "another deadline is another state"
    house.clock.ahead += timedelta(seconds=60)
    try:
        after = await house.client.get(f"{DESK}/{request_id}", headers=desk.headers)
    finally:
        house.clock.ahead -= timedelta(seconds=60)
    assert after.json()["overdue"]
    assert after.headers["etag"] == read["If-Match"]


async def test_every_file_and_every_verdict_changes_the_tag(
    house: Service, desk: StaffPerson, agency: UUID
) -> None:
    request_id = (await entered(house, desk, agency))["id"]
    tags = [await tag(house, desk, request_id)]

    async def changed() -> None:
        tags.append(await tag(house, desk, request_id))
        assert tags[-1] not in tags[:-1]

    annex = (await uploaded(house, desk, request_id, pdf(), kind="annex")).json()
    await changed()
    gone = await house.client.delete(
        f"{DESK}/{request_id}/documents/{annex['id']}", headers=desk.headers
    )
    assert gone.status_code == 204, gone.text
    assert await tag(house, desk, request_id) == tags[0]
    await brought(house, desk, request_id, "submit", "begin")
    await changed()
    order = (await uploaded(house, desk, request_id, pdf())).json()
    await changed()
    await verify(house)
    await changed()
    await uploaded(house, desk, request_id, b"0", kind="signature", order_id=order["id"])
    await changed()
    await verify(house)
    await changed()
    await uploaded(house, desk, request_id, await sound_order())
    await changed()
    await verify(house)  # it is accepted: no finding tells of it
    await changed()


async def test_from_the_confirmation_on_no_file_comes_in_until_it_is_asked_for(
    house: Service, desk: StaffPerson, director: StaffPerson, checker: StaffPerson, agency: UUID
) -> None:
    request_id = (await entered(house, desk, agency))["id"]
    order = (await uploaded(house, desk, request_id, pdf())).json()

    async def closed(*who: StaffPerson) -> None:
        for someone in who:
            for kind in ({"kind": "annex"}, {"kind": "signature", "order_id": order["id"]}):
                answer = await uploaded(house, someone, request_id, pdf(), **kind)
                assert problem(answer) == (409, "legal_request_state")

    await brought(house, desk, request_id, "submit", "begin", "confirm")
    await closed(desk, director)
    await brought(house, desk, request_id, "forward")
    await closed(desk, director)
    await brought(house, director, request_id, "approve")
    await closed(desk, director)
    await legal_collection.work(house.platform)
    await closed(desk, checker)
    await brought(house, checker, request_id, "check")
    await closed(desk, checker)
    pinned = await digests(house, desk, request_id)
    assert pinned["approve"] == pinned["check"] == pinned["confirm"] is not None

    back = await step(house, director, request_id, "return", reason="scope_differs")
    assert back.status_code == 200, back.text
    await closed(desk)
    asked = {"reason": "incomplete", "message": "Falta a folha 2."}
    assert (await step(house, desk, request_id, "ask", **asked)).status_code == 200
    added = await uploaded(house, desk, request_id, pdf(), kind="annex")
    assert added.status_code == 201, added.text
    await step(house, desk, request_id, "inform", message="Segue a folha 2.")
    await brought(house, desk, request_id, "confirm", "forward")
    await brought(house, director, request_id, "approve")
    assert (await digests(house, desk, request_id))["approve"] != pinned["approve"]


async def digests(house: Service, who: StaffPerson, request_id: str) -> dict[str, str | None]:
    """What files lay there at each deed, of several alike at the last."""
    answer = await house.client.get(f"{DESK}/{request_id}/steps?limit=200", headers=who.headers)
    steps = reversed(answer.json()["items"])
    return {each["deed"]: each["documents_sha256"] for each in steps}
