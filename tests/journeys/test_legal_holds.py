"""A request of preservation: what it freezes, that nobody can tell, and how it ends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select, update

from app.access.processing import ANALYTICS
from app.access.viewers import Viewer
from app.core.ids import fresh_id_at, new_id
from app.models import (
    AccessRecord,
    AnalyticsEvent,
    AuditEvent,
    AuditSubject,
    ConsentSubject,
    HeldCopy,
    LegalHold,
)
from app.security.sealing import SealBroken
from app.services import access_records, derived_data, held_copies, legal_holds, legal_notices
from app.services.sessions import Holder, open_session
from app.worker.loop import DUTIES
from tests.support.legal import (
    DESK,
    approved_again,
    brought,
    entered,
    naming,
    officer_step,
    sent,
    step,
)
from tests.support.officers import AgencyMade, add_agency, add_officer
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_staff,
    stranger,
)
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRESERVATION = {"kind": "preservation", "basis": "mci_13_2"}
REVIEWED = ("submit", "begin", "confirm", "forward")
Preserve = Callable[..., Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(loop_scope="module")
async def ana(house: Service) -> CustomerPerson:
    return await add_customer(house.platform, city="Santos")


@pytest.fixture
def preserve(
    house: Service, privacy: StaffPerson, director: StaffPerson, agency: AgencyMade
) -> Preserve:
    async def approve(*people: CustomerPerson, **members: Any) -> str:
        body = {**PRESERVATION, "targets": naming(*people), **members}
        draft = await entered(house, privacy, agency.id, **body)
        await brought(house, privacy, draft["id"], *REVIEWED)
        answer = await step(house, director, draft["id"], "approve")
        assert answer.json()["status"] == "collecting", answer.text
        found: str = draft["id"]
        return found

    return approve


async def holds(house: Service, by: StaffPerson, request_id: str) -> list[dict[str, Any]]:
    answer = await house.client.get(f"{DESK}/{request_id}/holds", headers=by.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def kept(house: Service, hold_id: str, resource: str) -> list[dict[str, Any]]:
    pages = held_copies.read(house.platform, [UUID(hold_id)], resource, size=3)
    return [dict(copy.row) async for page in pages for copy in page]


async def copies(house: Service, hold_id: str) -> int:
    counted = select(func.count()).where(HeldCopy.hold_id == UUID(hold_id))
    [row] = await rows(house.platform, counted)
    found: int = row[0]
    return found


async def post(
    house: Service, by: StaffPerson, request_id: str, what: str, **body: str
) -> httpx.Response:
    return await house.client.post(f"{DESK}/{request_id}/{what}", json=body, headers=by.headers)


async def test_what_is_edited_afterwards_is_kept_as_it_was(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    [hold] = await holds(house, privacy, await preserve(ana))
    placed, lapses = (datetime.fromisoformat(hold[name]) for name in ("placed_at", "lapses_at"))
    assert lapses - placed == timedelta(days=60)
    edited = await house.client.patch(
        "/v1/customer/profile",
        json={"address": {"city": "Campinas"}},
        headers={**ana.headers, "If-Match": "*"},
    )
    assert edited.status_code == 200, edited.text
    [copy] = await kept(house, hold["id"], "customers")
    assert (copy["id"], copy["city"], copy["email"]) == (str(ana.id), "Santos", ana.row["email"])
    [login] = await kept(house, hold["id"], "logins")
    assert login["id"] == str(ana.login_id)
    assert "password_hash" not in login
    assert len(await kept(house, hold["id"], "sessions")) == 1


async def test_nobody_can_tell_that_there_is_a_hold(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    pages = ("profile", "access-log", "legal-requests", "sessions")
    before = [
        (await house.client.get(f"/v1/customer/{page}", headers=ana.headers)).json()
        for page in pages
    ]
    request_id = await preserve(ana)
    after = [
        (await house.client.get(f"/v1/customer/{page}", headers=ana.headers)).json()
        for page in pages
    ]
    assert len(before[1]["items"]) == len(after[1]["items"]) == 0
    assert before[0] == after[0]
    assert before[2] == after[2]
    [hold] = await holds(house, privacy, request_id)
    named = await rows(
        house.platform,
        select(AuditEvent.id)
        .outerjoin(AuditSubject, AuditSubject.event_id == AuditEvent.id)
        .where(
            AuditEvent.action.contains("legal"),
            (AuditEvent.subject_id == ana.id) | (AuditSubject.subject_id == ana.id),
        ),
    )
    assert named == []
    placed = select(AuditEvent.action).where(AuditEvent.subject_id == UUID(hold["id"]))
    assert [row.action for row in await rows(house.platform, placed)] == [legal_holds.PLACE]


async def test_the_authority_learns_nothing_of_whom_it_holds(
    house: Service,
    ana: CustomerPerson,
    agency: AgencyMade,
    privacy: StaffPerson,
    director: StaffPerson,
) -> None:
    beatriz = await add_officer(house.platform, agency)
    nobody = {"name": "Ninguém Daqui", "email": "ninguem@exemplo.com.br"}
    seen = []
    for target in (naming(ana)[0], nobody):
        request = await sent(house, beatriz, **PRESERVATION, targets=[target])
        await brought(house, privacy, request["id"], "begin", "confirm", "forward")
        await step(house, director, request["id"], "approve")
        address = f"/v1/authority/legal-requests/{request['id']}"
        body = (await house.client.get(address, headers=beatriz.headers)).json()
        steps = (await house.client.get(f"{address}/steps", headers=beatriz.headers)).json()
        seen.append((body["status"], body["decisions"], body["next"], len(steps["items"])))
    assert seen[0] == seen[1]
    assert seen[0][0] == "collecting"


async def test_a_hold_lapses_by_itself_and_its_copies_go(
    house: Service,
    ana: CustomerPerson,
    preserve: Preserve,
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    request_id = await preserve(ana)
    [hold] = await holds(house, privacy, request_id)
    later(days=59, hours=23)
    await legal_holds.work(house.platform)
    assert await copies(house, hold["id"]) > 2
    later(days=60, seconds=60)
    by = await add_staff(house.platform, "privacy_officer")
    late = await post(house, by, request_id, "filings", filing_number="1/2026")
    assert (late.status_code, late.json()["code"]) == (409, "legal_request_state")
    await legal_holds.work(house.platform)
    [hold] = await holds(house, by, request_id)
    assert hold["end_reason"] == "lapsed"
    assert await copies(house, hold["id"]) == 0
    [purged] = await events(house.platform, action=held_copies.PURGE, subject_id=UUID(hold["id"]))
    assert (purged.actor_kind, purged.rows > 2) == ("system", True)
    chain = await house.client.get(
        f"{DESK}/{request_id}/custody", params={"limit": 100}, headers=by.headers
    )
    actions = [link["action"] for link in chain.json()["items"]]
    assert actions[actions.index(legal_holds.END) :][:2] == [legal_holds.END, held_copies.PURGE]


async def test_a_filing_has_it_stand_until_it_is_released(
    house: Service,
    ana: CustomerPerson,
    preserve: Preserve,
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    request_id = await preserve(ana)
    filed = await post(
        house, privacy, request_id, "filings", filing_number="0001234-03.2026.8.26.0100"
    )
    assert filed.status_code == 200, filed.text
    [hold] = await holds(house, privacy, request_id)
    assert (hold["filing_number"], hold["filed_by"]) == (
        "0001234-03.2026.8.26.0100",
        str(privacy.id),
    )
    later(days=200)
    await legal_holds.work(house.platform)
    by = await add_staff(house.platform, "privacy_officer")
    assert (await holds(house, by, request_id))[0]["ended_at"] is None
    assert await copies(house, hold["id"]) > 2
    released = await post(house, by, request_id, "releases", reason="Indeferido.")
    assert released.status_code == 200, released.text
    assert (await holds(house, by, request_id))[0]["end_reason"] == "released"
    await legal_holds.work(house.platform)
    assert await copies(house, hold["id"]) == 0
    again = await post(house, by, request_id, "releases", reason="Indeferido.")
    assert again.json()["code"] == "legal_request_state"


async def test_what_one_hold_kept_outlives_it_while_another_stands(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    first, second = await preserve(ana), await preserve(ana, inquiry_number="IP 9/2026")
    [old], [new] = await holds(house, privacy, first), await holds(house, privacy, second)
    kept_by_both = await copies(house, old["id"]) + await copies(house, new["id"])
    await post(house, privacy, first, "releases", reason="Renovado.")
    await legal_holds.work(house.platform)
    assert await copies(house, new["id"]) == kept_by_both > 4
    [inherited] = await events(
        house.platform, action=legal_holds.INHERIT, subject_id=UUID(new["id"])
    )
    assert 2 < inherited.rows < kept_by_both
    assert await copies(house, old["id"]) == 0
    await post(house, privacy, second, "releases", reason="Indeferido.")
    await legal_holds.work(house.platform)
    assert await copies(house, old["id"]) == await copies(house, new["id"]) == 0


async def test_a_withdrawn_request_holds_nobody(
    house: Service,
    ana: CustomerPerson,
    agency: AgencyMade,
    privacy: StaffPerson,
    director: StaffPerson,
) -> None:
    beatriz = await add_officer(house.platform, agency)
    request = await sent(house, beatriz, **PRESERVATION, targets=naming(ana))
    await brought(house, privacy, request["id"], "begin", "confirm", "forward")
    assert await holds(house, privacy, request["id"]) == []
    await step(house, director, request["id"], "approve")
    await officer_step(house, beatriz, request["id"], "withdraw")
    [hold] = await holds(house, privacy, request["id"])
    assert hold["end_reason"] == "withdrawn"


async def test_only_preservation_holds_and_only_those_who_match(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    other = {"kind": "registration_data", "basis": "mci_10_3"}
    assert await holds(house, privacy, await preserve(ana, **other)) == []
    half = [naming(ana)[0] | {"name": "Outra Pessoa"}]
    assert await holds(house, privacy, await preserve(targets=half)) == []
    twice = [naming(ana)[0], {"email": ana.row["email"], "tax_id": ana.row["tax_id"]}]
    assert len(await holds(house, privacy, await preserve(targets=twice))) == 1


async def test_access_records_outlive_their_time_as_long_as_the_hold(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    request_id = await preserve(ana)
    at = access_records.kept_since(house.clock()) - timedelta(days=1)
    old = {"id": fresh_id_at(at), "at": at, "event": "sign_in", "login_id": ana.login_id}
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(AccessRecord).values(**old, customer_id=ana.id))
    mine = select(AccessRecord.id).where(AccessRecord.id == old["id"])
    await access_records.purge(house.platform)
    assert len(await rows(house.platform, mine)) == 1
    own = await house.client.get("/v1/customer/access-records", headers=ana.headers)
    assert str(old["id"]) not in own.text, "whose records last is held"
    await post(house, privacy, request_id, "releases", reason="Indeferido.")
    await access_records.purge(house.platform)
    assert await rows(house.platform, mine) == []


async def test_what_a_withdrawn_consent_erases_is_erased_and_kept(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    """Nothing is used any longer that may not be; what the law has kept is in the copy alone."""
    event = {"id": new_id(), "subject_id": new_id(), "customer_id": ana.id, "kind": "page_view"}
    event |= {"path": "/planos", "day": house.clock().date(), "at": house.clock()}
    async with house.platform.database.transaction() as connection:
        visitor = {"id": event["subject_id"], "kind": "visitor", "events": 0}
        await connection.execute(insert(ConsentSubject).values(**visitor))
        await connection.execute(insert(AnalyticsEvent).values(**event))
    [hold] = await holds(house, privacy, await preserve(ana))
    async with house.platform.database.transaction() as connection:
        await derived_data.erase(house.platform, connection, ANALYTICS, ana.id)
    mine = select(AnalyticsEvent.id).where(AnalyticsEvent.customer_id == ana.id)
    assert await rows(house.platform, mine) == []
    [copy] = await kept(house, hold["id"], "analytics_events")
    assert copy["path"] == "/planos"


async def test_a_second_approval_places_no_second_hold(
    house: Service,
    ana: CustomerPerson,
    preserve: Preserve,
    privacy: StaffPerson,
    director: StaffPerson,
) -> None:
    request_id = await preserve(ana)
    [before] = await holds(house, privacy, request_id)
    await approved_again(house, privacy, director, request_id)
    assert await holds(house, privacy, request_id) == [before]


async def test_a_copy_that_was_moved_does_not_open(
    house: Service, ana: CustomerPerson, preserve: Preserve, privacy: StaffPerson
) -> None:
    [hold] = await holds(house, privacy, await preserve(ana))
    chosen = select(HeldCopy.id, HeldCopy.content).where(HeldCopy.hold_id == UUID(hold["id"]))
    one, other, *_ = await rows(house.platform, chosen)
    assert str(ana.row["email"]).encode() not in one.content
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(HeldCopy).where(HeldCopy.id == one.id).values(content=other.content)
        )
    with pytest.raises(SealBroken):
        await kept(house, hold["id"], "customers")


async def test_a_large_account_is_copied_whole(
    house: Service,
    ana: CustomerPerson,
    preserve: Preserve,
    privacy: StaffPerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page at a time: two rows here, so that there is a second page and a third."""
    for _ in range(4):
        await add_session(house, ana)
    monkeypatch.setattr(held_copies, "AT_ONCE", 2)
    [hold] = await holds(house, privacy, await preserve(ana))
    found = [copy["id"] for copy in await kept(house, hold["id"], "sessions")]
    assert len(found) == len(set(found)) == 5


async def add_session(house: Service, who: CustomerPerson) -> None:
    async with house.platform.database.transaction() as connection:
        holder = Holder("customer", who.login_id, Viewer.SELF, who.id)
        await open_session(house.platform, connection, holder, stranger(), ("password",))


async def test_the_worker_ends_holds_and_tells_customers() -> None:
    assert {legal_holds.work, legal_notices.work} <= {duty.do for duty in DUTIES}


async def test_support_and_engineers_have_no_part_in_it(
    house: Service, ana: CustomerPerson, preserve: Preserve
) -> None:
    request_id = await preserve(ana)
    for role in ("support", "systems_engineer"):
        by = await add_staff(house.platform, role)
        for answer in (
            await house.client.get(f"{DESK}/{request_id}/holds", headers=by.headers),
            await post(house, by, request_id, "filings", filing_number="1/2026"),
            await post(house, by, request_id, "releases", reason="Indeferido."),
        ):
            assert answer.status_code == 403
    [row] = await rows(
        house.platform,
        select(LegalHold.ended_at).where(LegalHold.request_id == UUID(request_id)),
    )
    assert row.ended_at is None
