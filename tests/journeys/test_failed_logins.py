"""A login that cannot be dealt with keeps no other one waiting, and is tried again when mended."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, insert, select, text, update

from app.access.viewers import Viewer
from app.core.errors import Failure
from app.core.ids import new_id
from app.models import Incident, IncidentTarget, Intervention
from app.services import incident_work
from tests.support.incidents import INCIDENTS, confirm, entered
from tests.support.people import CustomerPerson, StaffPerson, add_all_staff, add_customer
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRAY = "an-earlier-slip"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staff(house: Service) -> dict[Viewer, StaffPerson]:
    return await add_all_staff(house.platform)


@pytest.fixture
def director(staff: dict[Viewer, StaffPerson]) -> StaffPerson:
    return staff[Viewer.DIRECTOR]


@pytest.fixture
def engineer(staff: dict[Viewer, StaffPerson]) -> StaffPerson:
    return staff[Viewer.SYSTEMS_ENGINEER]


async def people(house: Service, number: int) -> list[CustomerPerson]:
    """In the order in which the worker takes them."""
    some = [await add_customer(house.platform) for _ in range(number)]
    return sorted(some, key=lambda person: person.login_id)


async def running(
    house: Service, director: StaffPerson, engineer: StaffPerson, chosen: Sequence[CustomerPerson]
) -> str:
    """A confirmed incident over these; its id."""
    selection = {"logins": [str(one.login_id) for one in chosen]}
    incident = await entered(house, director, selection)
    answer = await confirm(house, engineer, incident)
    assert answer.status_code == 200, answer.text
    return str(incident["id"])


async def seen(house: Service, director: StaffPerson, incident_id: str) -> dict[str, Any]:
    answer = await house.client.get(f"{INCIDENTS}/{incident_id}", headers=director.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def poison(
    house: Service, staff: StaffPerson, incident_id: str, *chosen: CustomerPerson
) -> None:
    """Reports that stand there already: no second one of an incident and login can be written."""
    async with house.platform.database.transaction() as connection:
        for one in chosen:
            await connection.execute(
                insert(Intervention).values(
                    id=new_id(),
                    login_id=one.login_id,
                    incident_id=UUID(incident_id),
                    staff_id=staff.id,
                    role="director",
                    reason_code=STRAY,
                    language="en",
                    report="",
                    created_at=house.clock(),
                )
            )


async def mend(house: Service) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(Intervention).where(Intervention.reason_code == STRAY))


async def targets(house: Service, incident_id: str) -> dict[UUID, Any]:
    mine = select(IncidentTarget).where(IncidentTarget.incident_id == UUID(incident_id))
    return {row.login_id: row for row in await rows(house.platform, mine)}


@asynccontextmanager
async def no_audit_log(house: Service) -> AsyncIterator[None]:
    async def rename(before: str, after: str) -> None:
        async with house.platform.database.transaction() as connection:
            await connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    await rename("audit_events", "audit_events_away")
    try:
        yield
    finally:
        await rename("audit_events_away", "audit_events")


async def test_two_poisonous_logins_stall_neither_their_incident_nor_the_next(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    chosen, others = await people(house, 9), await people(house, 2)
    ill = (chosen[0], chosen[5])
    incident = await running(house, director, engineer, chosen)
    await poison(house, director, incident, *ill)
    younger = await running(house, director, engineer, others)
    assert await incident_work.work(house.platform) == 9

    found = await seen(house, director, incident)
    assert (found["status"], found["finished_at"]) == ("running", None)
    progress = found["progress"]
    assert (progress["logins"], progress["done"], progress["failed"]) == (9, 7, 2)
    assert (progress["mails"]["queued"], progress["mails"]["unqueued"]) == (7, 2)
    assert sum(progress["mails"].values()) == 9
    assert (await seen(house, director, younger))["status"] == "done"
    kept = await targets(house, incident)
    noted = {login: row.failure for login, row in kept.items() if row.failed_at is not None}
    assert noted == {one.login_id: "IntegrityError" for one in ill}
    for one in chosen:
        profile = await house.client.get("/v1/customer/profile", headers=one.headers)
        assert profile.status_code == (200 if one in ill else 401)

    before = await targets(house, incident)
    assert await incident_work.work(house.platform) == 0
    assert await targets(house, incident) == before, "a failed one is not tried for ever"

    await mend(house)
    again = await house.client.post(f"{INCIDENTS}/{incident}/retry", headers=engineer.headers)
    assert again.status_code == 200, again.text
    assert again.json()["progress"]["failed"] == 0
    [event] = await events(house.platform, action="staff:incident:retry", subject_id=UUID(incident))
    assert (event.actor_id, event.outcome, event.rows) == (engineer.id, "allowed", 2)
    assert await incident_work.work(house.platform) == 2
    found = await seen(house, director, incident)
    assert found["status"] == "done"
    assert (found["progress"]["done"], found["progress"]["failed"]) == (9, 0)
    reports = select(Intervention.login_id, func.count()).where(
        Intervention.incident_id == UUID(incident)
    )
    counted = await rows(house.platform, reports.group_by(Intervention.login_id))
    assert dict(map(tuple, counted)) == {one.login_id: 1 for one in chosen}


async def test_a_retry_of_nothing_does_nothing_and_is_for_the_responsible_alone(
    house: Service, staff: dict[Viewer, StaffPerson], director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await running(house, director, engineer, await people(house, 1))
    await incident_work.work(house.platform)
    before = await seen(house, director, incident)
    address = f"{INCIDENTS}/{incident}/retry"
    answer = await house.client.post(address, headers=director.headers)
    assert (answer.status_code, answer.json()) == (200, before)
    officer = staff[Viewer.PRIVACY_OFFICER]
    assert (await house.client.post(address, headers=officer.headers)).status_code == 403
    nowhere = f"{INCIDENTS}/{new_id()}/retry"
    assert (await house.client.post(nowhere, headers=director.headers)).status_code == 404
    assert await incident_work.work(house.platform) == 0


async def test_an_incident_that_cannot_be_read_keeps_no_younger_one_waiting(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await running(house, director, engineer, await people(house, 2))
    younger = await running(house, director, engineer, await people(house, 1))

    async def call(role: str) -> None:
        async with house.platform.database.transaction() as connection:
            renamed = update(Incident).where(Incident.id == UUID(incident))
            await connection.execute(renamed.values(confirmed_role=role))

    await call("nobody")
    with pytest.raises(ExceptionGroup) as raised:
        await incident_work.work(house.platform)
    assert [type(fault) for fault in raised.value.exceptions] == [ValueError]
    assert (await seen(house, director, younger))["status"] == "done"
    await call("systems_engineer")
    progress = (await seen(house, director, incident))["progress"]
    assert (progress["done"], progress["failed"]) == (0, 0)
    assert await incident_work.work(house.platform) == 2


async def test_an_outage_is_no_logins_fault(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await running(house, director, engineer, await people(house, 3))
    async with no_audit_log(house):
        with pytest.raises(ExceptionGroup) as raised:
            await incident_work.work(house.platform)
    [fault] = raised.value.exceptions
    assert isinstance(fault, Failure)
    assert fault.code in incident_work.OUTAGES
    progress = (await seen(house, director, incident))["progress"]
    assert (progress["done"], progress["failed"]) == (0, 0)
    assert await incident_work.work(house.platform) == 3
