"""Deadlines of authorities' requests as the worker keeps them, with the clock moved on."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.core.business_days import ZONE
from app.models import Agency, AuditEvent, LegalRequest, LegalStep, Officer, OutboxMessage
from app.services import legal_lapses, legal_letters, legal_reminders
from tests.support.legal import DESK, DOOR, brought, entered, officer_step, sent, step
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer, signed_in
from tests.support.people import StaffPerson, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")
Later = Callable[..., None]
EMERGENCY = {
    "kind": "emergency",
    "basis": "lgpd_7_vii",
    "risk_statement": "Ameaça de suicídio publicada há uma hora.",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


async def told(house: Service, reference: str, template: str) -> Counter[str]:
    """How many letters of a kind named a request, by whom they went to."""
    found = await rows(
        house.platform,
        select(OutboxMessage.recipient, OutboxMessage.params).where(
            OutboxMessage.template == template
        ),
    )
    return Counter(row.recipient for row in found if row.params["reference"] == reference)


async def status_of(house: Service, request_id: str) -> str:
    """As the tables have it: the clock leaves sessions behind."""
    (row,) = await rows(
        house.platform,
        select(LegalRequest.status).where(LegalRequest.id == UUID(request_id)),
    )
    status: str = row.status
    return status


async def reminded(house: Service, reference: str, who: StaffPerson) -> int:
    """How many reminders of a request somebody has, after the worker came by three times."""
    for _ in range(3):
        await legal_reminders.remind(house.platform)
    return (await told(house, reference, legal_reminders.TEMPLATE))[who.email]


def until(house: Service, later: Later, moment: datetime) -> None:
    house.clock.ahead = timedelta()
    later(seconds=(moment - house.clock()).total_seconds())


async def test_an_emergency_is_reminded_of_at_half_and_quarter_then_hourly(
    house: Service,
    beatriz: OfficerPerson,
    privacy: StaffPerson,
    director: StaffPerson,
    later: Later,
) -> None:
    request = await sent(house, beatriz, process_number=None, **EMERGENCY)
    due = datetime.fromisoformat(request["legal_due_at"])
    seen = []
    for hours in (-4, -2.9, -2, -1.4, -0.1, 0.1, 0.5, 1.1, 3.5):
        until(house, later, due + timedelta(hours=hours))
        seen.append(
            (
                await reminded(house, request["reference"], privacy),
                await reminded(house, request["reference"], director),
            )
        )
    assert seen == [(0, 0), (1, 0), (1, 0), (2, 0), (2, 0), (3, 1), (3, 1), (4, 2), (5, 3)]
    someone = await add_staff(house.platform, "director")
    answer = await house.client.get(f"{DESK}/{request['id']}", headers=someone.headers)
    assert answer.json()["overdue"] is True


async def test_letters_name_the_reference_alone(
    house: Service, beatriz: OfficerPerson, later: Later
) -> None:
    request = await sent(house, beatriz, process_number=None, **EMERGENCY)
    later(hours=7)
    await legal_reminders.remind(house.platform)
    found = await rows(
        house.platform,
        select(OutboxMessage.params).where(OutboxMessage.template == legal_reminders.TEMPLATE),
    )
    (params,) = {
        tuple(row.params) for row in found if row.params["reference"] == request["reference"]
    }
    assert set(params) == {"reference", "due_at", "is_overdue", "emergency"}


async def test_a_request_in_business_days_is_escalated_daily_and_quiet_once_answered(
    house: Service,
    beatriz: OfficerPerson,
    privacy: StaffPerson,
    director: StaffPerson,
    later: Later,
) -> None:
    request = await sent(house, beatriz)
    due = datetime.fromisoformat(request["legal_due_at"])
    morning = due.astimezone(ZONE).replace(hour=9)
    assert await reminded(house, request["reference"], privacy) == 0
    seen = []
    for days in (-8, 0, 1, 2, 3):
        until(house, later, morning + timedelta(days=days))
        seen.append(
            (
                await reminded(house, request["reference"], privacy),
                await reminded(house, request["reference"], director),
            )
        )
    first = seen[0][0]  # ten business days: eight days before them the fifth may be past or not
    assert first in (0, 1)
    assert seen == [
        (first, 0),
        (first + 1, 0),
        (first + 2, 1),
        (first + 3, 2),
        (first + 4, 3),
    ]
    someone = await add_staff(house.platform, "privacy_officer")
    done = await step(house, someone, request["id"], "reject", reason="no_competence")
    assert done.json()["overdue"] is False
    later(days=60)
    assert await reminded(house, request["reference"], director) == 3


async def test_nobody_is_reminded_while_the_sender_owes_something(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, later: Later
) -> None:
    request = await sent(house, beatriz, process_number=None, **EMERGENCY)
    await brought(house, privacy, request["id"], "begin")
    asked = await step(
        house, privacy, request["id"], "ask", reason="incomplete", message="Quem corre perigo?"
    )
    assert asked.status_code == 200, asked.text
    later(hours=30)
    assert await reminded(house, request["reference"], privacy) == 0


async def test_information_that_never_comes_lets_a_request_lapse_after_a_warning(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, later: Later
) -> None:
    request = await sent(house, beatriz)
    await brought(house, privacy, request["id"], "begin")
    await step(house, privacy, request["id"], "ask", reason="incomplete", message="Qual o prazo?")
    for days, warned, status in (
        (11.9, 0, "information_requested"),
        (12.1, 1, "information_requested"),
        (14.9, 1, "information_requested"),
        (15.2, 1, "expired"),
        (40, 1, "expired"),
    ):
        later(days=days)
        await legal_lapses.work(house.platform)
        await legal_lapses.work(house.platform)
        letters = await told(house, request["reference"], legal_lapses.TO_SENDER)
        assert (days, letters[beatriz.email]) == (days, warned)
        assert (days, await status_of(house, request["id"])) == (days, status)
    moved = await told(house, request["reference"], "legal_request_moved")
    assert moved[beatriz.email] == 2  # what was asked, and that it lapsed
    (last,) = await rows(
        house.platform,
        select(LegalStep.actor_kind, LegalStep.actor_name)
        .where(LegalStep.deed == "lapse")
        .where(
            LegalStep.request_id.in_(
                select(LegalRequest.id).where(LegalRequest.reference == request["reference"])
            )
        ),
    )
    assert tuple(last) == ("system", None)
    events = await rows(
        house.platform, select(AuditEvent.action).where(AuditEvent.action.like("system:legal%"))
    )
    assert {"system:legal_request:tell_lapse", "system:legal_request:lapse"} <= {
        event.action for event in events
    }


async def test_whoever_was_not_warned_in_time_gets_three_days_more(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, later: Later
) -> None:
    request = await sent(house, beatriz)
    await brought(house, privacy, request["id"], "begin")
    await step(house, privacy, request["id"], "ask", reason="incomplete", message="Qual o prazo?")
    for days, status in ((20, "information_requested"), (22.9, "information_requested")):
        later(days=days)
        await legal_lapses.work(house.platform)
        assert await status_of(house, request["id"]) == status
    later(days=23.1)
    await legal_lapses.work(house.platform)
    assert await status_of(house, request["id"]) == "expired"


async def test_an_answer_to_the_warning_keeps_the_request_alive(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson, later: Later
) -> None:
    request = await sent(house, beatriz)
    await brought(house, privacy, request["id"], "begin")
    ask = {"reason": "incomplete", "message": "Qual o prazo?"}
    await step(house, privacy, request["id"], "ask", **ask)
    later(days=13)
    await legal_lapses.work(house.platform)
    sender = await signed_in(house.platform, beatriz)
    informed = await officer_step(house, sender, request["id"], "inform", message="IP 1/2026")
    assert informed.json()["status"] == "identity_check"
    later(days=16)
    await legal_lapses.work(house.platform)
    someone = await add_staff(house.platform, "privacy_officer")
    asked = await step(house, someone, request["id"], "ask", **ask)
    assert asked.json()["status"] == "information_requested"
    later(days=16 + 11)
    await legal_lapses.work(house.platform)
    later(days=16 + 13)
    await legal_lapses.work(house.platform)
    warned = await told(house, request["reference"], legal_lapses.TO_SENDER)
    assert warned[beatriz.email] == 2  # once for each stay


async def test_an_answer_that_nobody_takes_lapses_after_thirty_days(
    house: Service, privacy: StaffPerson, director: StaffPerson, agency: AgencyMade, later: Later
) -> None:
    checker = await add_staff(house.platform, "privacy_officer")
    draft = await entered(house, privacy, agency.id)
    await brought(house, privacy, draft["id"], "submit", "begin", "confirm", "forward")
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(LegalRequest)
            .where(LegalRequest.reference == draft["reference"])
            .values(
                status="delivered",
                status_at=house.clock(),
                approved_by=director.id,
                checked_by=checker.id,
            )
        )
    for days, warned, status in ((26, 0, "delivered"), (28, 1, "delivered"), (31.5, 1, "expired")):
        later(days=days)
        await legal_lapses.work(house.platform)
        letters = await told(house, draft["reference"], legal_lapses.TO_DESK)
        assert letters[privacy.email] == warned
        assert await status_of(house, draft["id"]) == status


@pytest.mark.parametrize("out", ["suspended", "over", "agency suspended"])
async def test_who_is_out_of_office_gets_no_letter_and_the_desk_is_told_instead(
    house: Service, privacy: StaffPerson, director: StaffPerson, later: Later, out: str
) -> None:
    agency = await add_agency(house.platform, by=director.id)
    sender = await add_officer(house.platform, agency)
    request = await sent(house, sender)
    await brought(house, privacy, request["id"], "begin")
    now = house.clock()
    mine = update(Officer).where(Officer.id == sender.id)
    made_out = {
        "suspended": mine.values(
            status="suspended", suspended_at=now, suspended_reason="Um motivo qualquer"
        ),
        "over": mine.values(valid_until=now),
        "agency suspended": update(Agency).where(Agency.id == agency.id).values(status="suspended"),
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(made_out[out])
    await step(house, privacy, request["id"], "ask", reason="incomplete", message="Qual o prazo?")
    assert not await told(house, request["reference"], legal_letters.TO_SENDER)
    later(days=13)
    await legal_lapses.work(house.platform)
    assert not await told(house, request["reference"], legal_lapses.TO_SENDER)
    desk = await told(house, request["reference"], legal_lapses.TO_DESK)
    assert desk[privacy.email] == 1


async def test_a_colleague_in_office_is_told_for_one_who_is_not(
    house: Service, agency: AgencyMade, privacy: StaffPerson
) -> None:
    sender, colleague = [await add_officer(house.platform, agency) for _ in range(2)]
    request = await sent(house, sender)
    added = await house.client.post(
        f"{DOOR}/{request['id']}/colleagues",
        json={"email": colleague.email},
        headers=sender.headers,
    )
    assert added.is_success, added.text
    async with house.platform.database.transaction() as connection:
        mine = update(Officer).where(Officer.id == sender.id)
        await connection.execute(mine.values(valid_until=house.clock()))
    await step(house, privacy, request["id"], "reject", reason="no_competence")
    letters = await told(house, request["reference"], legal_letters.TO_SENDER)
    assert letters == {colleague.email: 1}


async def test_the_queue_shows_all_that_is_open_at_once(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson
) -> None:
    slow = await sent(house, beatriz)
    fast = await sent(house, beatriz, process_number=None, **EMERGENCY)
    begun = await sent(house, beatriz)
    ended = await sent(house, beatriz)
    await brought(house, privacy, begun["id"], "begin")
    await step(house, privacy, ended["id"], "reject", reason="no_competence")
    query = {"status": "received,identity_check,received", "sort": "legal_due_at"}
    found: list[dict[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await house.client.get(
            DESK, params={**query, "limit": "2", **cursor}, headers=privacy.headers
        )
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if page.json()["next_cursor"] is None:
            break
        cursor = {"cursor": page.json()["next_cursor"]}
    ids = [each["id"] for each in found]
    assert len(ids) == len(set(ids))
    assert {slow["id"], fast["id"], begun["id"]} <= set(ids)
    assert ended["id"] not in ids
    assert {each["status"] for each in found} == {"received", "identity_check"}
    due = [each["legal_due_at"] for each in found]
    assert due == sorted(due)
    other = await house.client.get(
        DESK, params={"status": "received", **cursor}, headers=privacy.headers
    )
    assert other.json()["code"] == "invalid_cursor", "of another list"
    for wrong in ("", "received,", "open", "received,%20narrowed"):
        refused = await house.client.get(DESK, params={"status": wrong}, headers=privacy.headers)
        assert refused.json()["errors"][0]["parameter"] == "status"
    twice = await house.client.get(
        DESK, params=[("status", "received"), ("status", "narrowed")], headers=privacy.headers
    )
    assert twice.json()["code"] == "unknown_parameter"


async def test_the_queue_is_ordered_by_what_is_due_first(
    house: Service, beatriz: OfficerPerson, privacy: StaffPerson
) -> None:
    slow = await sent(house, beatriz)
    fast = await sent(house, beatriz, process_number=None, **EMERGENCY)
    answer = await house.client.get(
        DESK,
        params={"status": "received", "sort": "legal_due_at", "limit": 200},
        headers=privacy.headers,
    )
    items = answer.json()["items"]
    assert {item["status"] for item in items} == {"received"}
    places = [item["id"] for item in items]
    assert places.index(fast["id"]) < places.index(slow["id"])
    assert {item["overdue"] for item in items} == {False}
