"""What customers are told of legal requests about them: over HTTP, the worker and the mail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.models import AuditEvent, Customer, LegalNotice, Membership, OutboxMessage
from app.services import legal_notices, legal_steps
from app.services.system import operator
from tests.support.legal import (
    DESK,
    TOLD,
    approved_again,
    brought,
    entered,
    naming,
    officer_step,
    secrecy,
    sent,
    step,
)
from tests.support.officers import AgencyMade, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_member, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

REVIEWED = ("submit", "begin", "confirm", "forward")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(loop_scope="module")
async def ana(house: Service) -> CustomerPerson:
    return await add_customer(house.platform)


@pytest.fixture
def approved(
    house: Service, privacy: StaffPerson, director: StaffPerson, agency: AgencyMade
) -> Callable[..., Any]:
    async def approve(*people: CustomerPerson, **members: Any) -> dict[str, Any]:
        draft = await entered(house, privacy, agency.id, targets=naming(*people), **members)
        await brought(house, privacy, draft["id"], *REVIEWED)
        found: dict[str, Any] = (await step(house, director, draft["id"], "approve")).json()
        return found

    return approve


async def told(house: Service, who: CustomerPerson) -> list[dict[str, Any]]:
    answer = await house.client.get(TOLD, headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def letters(house: Service, who: CustomerPerson) -> list[Any]:
    chosen = select(OutboxMessage.params, OutboxMessage.language, OutboxMessage.login_id).where(
        OutboxMessage.template == legal_notices.TEMPLATE, OutboxMessage.customer_id == who.id
    )
    return list(await rows(house.platform, chosen))


async def changed(house: Service, statement: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(statement)


async def owner_suspended(house: Service, who: CustomerPerson, at: datetime | None) -> None:
    theirs = update(Membership).where(Membership.customer_id == who.id)
    await changed(house, theirs.values(suspended_at=at))


async def by_system(house: Service, request_id: str, deed: str) -> None:
    async with house.platform.database.transaction() as connection:
        assert await legal_steps.advance_by_system(
            house.platform, connection, operator(), UUID(request_id), deed
        )


async def planned(house: Service, by: StaffPerson, request_id: str) -> list[dict[str, Any]]:
    answer = await house.client.get(f"{DESK}/{request_id}/notices", headers=by.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_the_customer_is_told_what_left_and_nothing_of_others(
    house: Service, ana: CustomerPerson, approved: Callable[..., Any], privacy: StaffPerson
) -> None:
    other = await add_customer(house.platform, name="Bento Outro")
    request = await approved(ana, other)
    assert await told(house, ana) == []
    await legal_notices.work(house.platform)
    [seen] = await told(house, ana)
    assert set(seen) == {
        *("id", "reference", "authority", "kind", "article", "items", "approved_at", "sent_at")
    }
    assert (seen["reference"], seen["items"]) == (request["reference"], ["name", "address"])
    assert "10, § 3º" in seen["article"]
    [letter] = await letters(house, ana)
    assert letter.params["items"] == "nome, endereço"
    assert "Bento" not in str(letter.params)
    assert {each["state"] for each in await planned(house, privacy, request["id"])} == {"sent"}
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1, "told once"
    [event] = await rows(
        house.platform,
        select(AuditEvent.fields).where(
            AuditEvent.action == legal_notices.SEND, AuditEvent.subject_id == UUID(seen["id"])
        ),
    )
    assert set(event.fields) == {"name", "address"}


async def test_an_order_of_secrecy_holds_it_back_and_its_end_releases_it(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    until = house.clock() + timedelta(days=30)
    request = await approved(ana, secrecy_basis="CPP, art. 20", secrecy_until=until.isoformat())
    [notice] = await planned(house, privacy, request["id"])
    assert (notice["state"], notice["reason"]) == ("held", "secrecy")
    await legal_notices.work(house.platform)
    assert await told(house, ana) == []
    assert await letters(house, ana) == []
    log = await house.client.get("/v1/customer/access-log", headers=ana.headers)
    assert "legal" not in log.text
    later(days=30, seconds=60)
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1


async def test_another_order_of_secrecy_holds_back_what_was_not_told_yet(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    def order(days: int) -> dict[str, Any]:
        until = house.clock() + timedelta(days=days)
        return secrecy(until.isoformat(), secrecy_basis="Decisão de 1º/12")

    came = {name: order(9)[name] for name in ("secrecy_basis", "secrecy_until")}
    request = await approved(ana, **came)
    address = f"{DESK}/{request['id']}/secrecy-orders"
    for days in (-1, 900):
        refused = await house.client.post(address, json=order(days), headers=privacy.headers)
        assert refused.json()["errors"][0]["pointer"] == "/secrecy_until"
    longer = await house.client.post(address, json=order(40), headers=privacy.headers)
    assert longer.status_code == 200, longer.text
    assert longer.json()["secrecy_basis"] == "Decisão de 1º/12"
    later(days=10)
    await legal_notices.work(house.platform)
    assert await letters(house, ana) == []
    later(days=41)
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1


async def test_an_emergency_holds_it_back_for_its_hours_though_the_package_arrived(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    emergency = {
        "kind": "emergency",
        "basis": "lgpd_7_vii",
        "process_number": None,
        "risk_statement": "Pessoa desaparecida, com risco à vida.",
    }
    request = await approved(ana, **emergency)
    assert request["status"] == "approval", "two directors"
    assert await planned(house, privacy, request["id"]) == []
    second = await add_staff(house.platform, "director")
    await step(house, second, request["id"], "approve")
    [notice] = await planned(house, privacy, request["id"])
    assert (notice["state"], notice["reason"]) == ("held", "emergency")
    await by_system(house, request["id"], "collected")
    third = await add_staff(house.platform, "privacy_officer")
    assert (await step(house, third, request["id"], "check")).json()["status"] == "packaged"
    await by_system(house, request["id"], "deliver")
    await brought(house, privacy, request["id"], "acknowledge", "close")
    [notice] = await planned(house, privacy, request["id"])
    assert (notice["state"], notice["reason"]) == ("held", "emergency")
    later(hours=71)
    await legal_notices.work(house.platform)
    assert await letters(house, ana) == []
    later(hours=73)
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1


async def test_what_is_withdrawn_before_it_was_told_is_never_told(
    house: Service,
    ana: CustomerPerson,
    agency: AgencyMade,
    privacy: StaffPerson,
    director: StaffPerson,
) -> None:
    beatriz = await add_officer(house.platform, agency)
    request = await sent(house, beatriz, targets=naming(ana))
    await brought(house, privacy, request["id"], "begin", "confirm", "forward")
    await step(house, director, request["id"], "approve")
    await officer_step(house, beatriz, request["id"], "withdraw")
    [notice] = await planned(house, privacy, request["id"])
    assert (notice["state"], notice["reason"]) == ("waived", "nothing_disclosed")
    await legal_notices.work(house.platform)
    assert await letters(house, ana) == []
    assert await told(house, ana) == []


@pytest.mark.parametrize("stage", [("submit",), ("submit", "begin", "confirm"), REVIEWED])
async def test_nothing_is_planned_before_the_approval(
    house: Service,
    ana: CustomerPerson,
    agency: AgencyMade,
    privacy: StaffPerson,
    stage: tuple[str, ...],
) -> None:
    draft = await entered(house, privacy, agency.id, targets=naming(ana))
    await brought(house, privacy, draft["id"], *stage)
    assert await planned(house, privacy, draft["id"]) == []
    await legal_notices.work(house.platform)
    assert await letters(house, ana) == []


async def test_a_preservation_is_never_told(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    request = await approved(ana, kind="preservation", basis="mci_13_2")
    assert request["status"] == "collecting"
    assert await planned(house, privacy, request["id"]) == []
    later(days=800)
    await legal_notices.work(house.platform)
    assert await letters(house, ana) == []


@pytest.mark.parametrize("told_before", [True, False])
async def test_whoever_was_told_is_not_told_again_of_the_same(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    director: StaffPerson,
    told_before: bool,
) -> None:
    request = await approved(ana)
    if told_before:
        await legal_notices.work(house.platform)
    await approved_again(house, privacy, director, request["id"])
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1
    states = {each["state"] for each in await planned(house, privacy, request["id"])}
    assert states == ({"sent"} if told_before else {"sent", "waived"})


async def test_whoever_cannot_be_told_now_is_told_as_soon_as_they_can(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    request = await approved(ana)
    await owner_suspended(house, ana, house.clock())
    kept = select(LegalNotice.state, LegalNotice.reason).where(
        LegalNotice.request_id == UUID(request["id"])
    )
    for days in (0, 1):
        later(days=days, seconds=1)
        await legal_notices.work(house.platform)
        [notice] = await rows(house.platform, kept)
        assert (notice.state, notice.reason) == ("due", "nobody_to_tell")
    told_desk = select(OutboxMessage.params).where(
        OutboxMessage.template == legal_notices.WAITS, OutboxMessage.staff_id == privacy.id
    )
    lines = [row.params for row in await rows(house.platform, told_desk)]
    assert lines.count({"reference": request["reference"]}) == 1, "the desk is told once"
    await owner_suspended(house, ana, None)
    later(days=2, seconds=2)
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1


async def test_where_the_account_was_erased_nobody_is_waited_for(
    house: Service, ana: CustomerPerson, approved: Callable[..., Any], privacy: StaffPerson
) -> None:
    request = await approved(ana)
    await owner_suspended(house, ana, house.clock())
    gone = update(Customer).where(Customer.id == ana.id)
    await changed(house, gone.values(status="erased", closed_at=house.clock()))
    await legal_notices.work(house.platform)
    [notice] = await planned(house, privacy, request["id"])
    assert (notice["state"], notice["reason"]) == ("waived", "nobody_to_tell")


async def test_one_that_cannot_be_sent_stops_none_behind_it(
    house: Service,
    ana: CustomerPerson,
    approved: Callable[..., Any],
    privacy: StaffPerson,
    later: Callable[..., None],
) -> None:
    broken = await approved(ana)
    that = update(LegalNotice).where(LegalNotice.request_id == UUID(broken["id"]))
    await changed(house, that.values(items=("no_such_item",)))
    bento = await add_customer(house.platform)
    await approved(bento)
    await legal_notices.work(house.platform)
    assert len(await letters(house, bento)) == 1
    [notice] = await rows(
        house.platform,
        select(LegalNotice.state, LegalNotice.due_at).where(
            LegalNotice.request_id == UUID(broken["id"])
        ),
    )
    assert notice.state == "due"
    assert notice.due_at > house.clock(), "it waits its turn"
    await changed(house, that.values(items=("name", "address")))
    later(hours=1, seconds=1)
    await legal_notices.work(house.platform)
    assert len(await letters(house, ana)) == 1


async def test_only_owners_see_it(
    house: Service, ana: CustomerPerson, approved: Callable[..., Any]
) -> None:
    await approved(ana)
    await legal_notices.work(house.platform)
    member = await add_member(house.platform, ana.id, "consents", "profile")
    answer = await house.client.get(TOLD, headers=member.headers)
    assert answer.status_code == 403
    assert {letter.login_id for letter in await letters(house, ana)} == {ana.login_id}
