"""An incident from its entry to its end: two people, one count, every login once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import delete, func, insert, select, update

from app.access.viewers import STAFF_ROLES, Viewer
from app.core.business_days import add
from app.core.ids import new_id
from app.models import (
    AuditSubject,
    Incident,
    IncidentTarget,
    Intervention,
    Login,
    OutboxMessage,
    Session,
    StaffMember,
    table_of,
)
from app.services import incident_work
from tests.support.incidents import (
    INCIDENTS,
    REASON_TEXT,
    confirm,
    dealt_with,
    draft,
    entered,
)
from tests.support.people import CustomerPerson, StaffPerson, add_all_staff, add_customer, add_staff
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING_QUEUED = dict.fromkeys(
    (
        *("queued", "sending", "deferred", "sent"),
        *("bounced", "abandoned", "suppressed", "forgotten"),
    ),
    0,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staff(house: Service) -> dict[Viewer, StaffPerson]:
    return await add_all_staff(house.platform)


@pytest.fixture
def director(staff: dict[Viewer, StaffPerson]) -> StaffPerson:
    return staff[Viewer.DIRECTOR]


@pytest.fixture
def engineer(staff: dict[Viewer, StaffPerson]) -> StaffPerson:
    return staff[Viewer.SYSTEMS_ENGINEER]


@pytest.fixture
def officer(staff: dict[Viewer, StaffPerson]) -> StaffPerson:
    return staff[Viewer.PRIVACY_OFFICER]


async def people(house: Service, number: int) -> list[CustomerPerson]:
    return [await add_customer(house.platform) for _ in range(number)]


def these(*chosen: CustomerPerson) -> dict[str, Any]:
    return {"logins": [str(one.login_id) for one in chosen]}


async def touched(house: Service, incident_id: str) -> set[UUID]:
    mine = select(IncidentTarget.login_id).where(IncidentTarget.incident_id == UUID(incident_id))
    return {row.login_id for row in await rows(house.platform, mine)}


async def test_from_draft_to_done(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    chosen, spared = await people(house, 3), await add_customer(house.platform)
    incident = await entered(house, director, these(*chosen))
    assert (incident["status"], incident["expected"]) == ("draft", 3)
    assert incident["progress"] == {
        "logins": 0,
        "done": 0,
        "failed": 0,
        "mails": {"unqueued": 0, **NOTHING_QUEUED},
    }
    await incident_work.work(house.platform)
    assert await touched(house, incident["id"]) == set(), "a draft touches nobody"

    started = await confirm(house, engineer, incident)
    assert started.status_code == 200, started.text
    assert started.json()["status"] == "running"
    assert started.json()["confirmed_by"] == str(engineer.id)
    assert started.json()["confirmed_role"] == "systems_engineer"
    assert started.json()["progress"]["mails"] == {"unqueued": 3, **NOTHING_QUEUED}
    assert await incident_work.work(house.platform) == 3

    done = await house.client.get(f"{INCIDENTS}/{incident['id']}", headers=director.headers)
    assert done.json()["status"] == "done"
    assert done.json()["finished_at"] is not None
    progress = done.json()["progress"]
    assert (progress["logins"], progress["done"]) == (3, 3)
    assert progress["mails"] == {"unqueued": 0, **NOTHING_QUEUED, "queued": 3}
    for one in chosen:
        profile = await house.client.get("/v1/customer/profile", headers=one.headers)
        assert profile.json()["code"] == "session_ended"
    profile = await house.client.get("/v1/customer/profile", headers=spared.headers)
    assert profile.status_code == 200
    assert await incident_work.work(house.platform) == 0


async def test_each_report_names_the_one_who_confirmed_and_the_incident(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    chosen = await people(house, 2)
    async with house.platform.database.transaction() as connection:
        english = update(Login).where(Login.id == chosen[1].login_id).values(language="en")
        await connection.execute(english)
    incident = await dealt_with(house, director, engineer, these(*chosen))
    found = await rows(
        house.platform,
        select(Intervention).where(Intervention.incident_id == UUID(incident["id"])),
    )
    told = {row.login_id: row for row in found}
    assert told.keys() == {one.login_id for one in chosen}
    for row in found:
        assert (row.staff_id, row.role) == (engineer.id, "systems_engineer")
        assert REASON_TEXT[row.language] in row.report
    assert "Soubemos do ocorrido em" in told[chosen[0].login_id].report
    assert "systems engineering" in told[chosen[1].login_id].report
    mails = await rows(
        house.platform,
        select(OutboxMessage).where(OutboxMessage.batch == f"incident:{incident['id']}"),
    )
    assert {mail.key for mail in mails} == {
        f"incident:{incident['id']}:{one.login_id}" for one in chosen
    }


async def test_whoever_entered_it_cannot_confirm_it(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await entered(house, director, these(await add_customer(house.platform)))
    answer = await confirm(house, director, incident)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_person_required")
    (event,) = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.outcome) == ("staff:incident:confirm", "refused")
    assert await touched(house, incident["id"]) == set()
    second = await add_staff(house.platform, "director")
    assert (await confirm(house, second, incident)).status_code == 200


async def test_a_count_that_changed_starts_nothing(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await entered(house, director, these(*await people(house, 2)))
    answer = await confirm(house, engineer, incident, 5)
    assert (answer.status_code, answer.json()["code"]) == (409, "count_changed")
    assert " 2 " in answer.json()["detail"]
    assert await touched(house, incident["id"]) == set()
    assert (await confirm(house, engineer, incident, 2)).status_code == 200


async def test_it_is_confirmed_once_and_only_as_a_draft(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await entered(house, director, these(await add_customer(house.platform)))
    second = await add_staff(house.platform, "director")
    answers = await asyncio.gather(
        confirm(house, engineer, incident), confirm(house, second, incident)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    late = await cancel(house, director, incident)
    assert (late.status_code, late.json()["code"]) == (409, "incident_not_draft")


async def cancel(house: Service, who: StaffPerson, incident: dict[str, Any]) -> httpx.Response:
    return await house.client.post(f"{INCIDENTS}/{incident['id']}/cancel", headers=who.headers)


async def test_a_cancelled_draft_stays_in_the_register(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await entered(house, director, these(await add_customer(house.platform)))
    answer = await cancel(house, director, incident)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    confirmed = await confirm(house, engineer, incident)
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "incident_not_draft")
    register = await house.client.get(f"{INCIDENTS}?status=cancelled", headers=director.headers)
    assert incident["id"] in [item["id"] for item in register.json()["items"]]


async def test_confirming_wants_a_proof_of_presence(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await entered(house, director, these(await add_customer(house.platform)))
    before = house.clock.ahead
    house.clock.ahead += timedelta(minutes=6)
    try:
        answer = await confirm(house, engineer, incident)
    finally:
        house.clock.ahead = before
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert await touched(house, incident["id"]) == set()


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
async def test_who_may_what(house: Service, staff: dict[Viewer, StaffPerson], role: Viewer) -> None:
    leads, reads = role in {"director", "systems_engineer"}, role == "privacy_officer"
    who = staff[role]
    first = await add_staff(house.platform, "director")
    incident = await entered(house, first, these(await add_customer(house.platform)))
    address = f"{INCIDENTS}/{incident['id']}"
    body = draft(house, these(await add_customer(house.platform)))
    statuses = {
        "create": (await house.client.post(INCIDENTS, json=body, headers=who.headers)).status_code,
        "list": (await house.client.get(INCIDENTS, headers=who.headers)).status_code,
        "read": (await house.client.get(address, headers=who.headers)).status_code,
        "form": (await house.client.get(f"{address}/anpd-form", headers=who.headers)).status_code,
        "mails": (await house.client.get(f"{address}/deliveries", headers=who.headers)).status_code,
        "update": (
            await house.client.patch(
                address, json={"title": "Outro"}, headers={**who.headers, "If-Match": "*"}
            )
        ).status_code,
        "confirm": (await confirm(house, who, incident)).status_code,
    }
    seen = 200 if leads or reads else 403
    assert statuses == {
        "create": 201 if leads else 403,
        "list": seen,
        "read": seen,
        "form": seen,
        "mails": seen,
        "update": seen,
        "confirm": 200 if leads else 403,
    }


async def test_the_form_is_filled_in_bit_by_bit_before_and_after(
    house: Service, director: StaffPerson, engineer: StaffPerson, officer: StaffPerson
) -> None:
    incident = await dealt_with(
        house, director, engineer, these(await add_customer(house.platform))
    )
    address = f"{INCIDENTS}/{incident['id']}"
    seen = await house.client.get(address, headers=officer.headers)
    told = house.clock().isoformat()
    patch = {
        "occurred_at": told,
        "form": {"risks": "Acesso indevido.", "subjects_total": 1, "anpd_communicated_at": told},
    }
    answer = await house.client.patch(
        address, json=patch, headers={**officer.headers, "If-Match": seen.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["form"]["risks"] == "Acesso indevido."
    assert answer.json()["form"]["subjects_total"] == 1
    stale = await house.client.patch(
        address, json=patch, headers={**officer.headers, "If-Match": seen.headers["etag"]}
    )
    assert stale.status_code == 412
    cleared = await house.client.patch(
        address,
        json={"form": {"risks": None}},
        headers={**officer.headers, "If-Match": answer.headers["etag"]},
    )
    assert "risks" not in cleared.json()["form"]
    assert cleared.json()["form"]["subjects_total"] == 1


async def test_progress_makes_nobodys_edit_stale(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    incident = await entered(house, director, these(*await people(house, 2)))
    address = f"{INCIDENTS}/{incident['id']}"
    await confirm(house, engineer, incident)
    tag = (await house.client.get(address, headers=director.headers)).headers["etag"]
    async with house.platform.database.transaction() as connection:
        one = update(IncidentTarget).where(IncidentTarget.incident_id == UUID(incident["id"]))
        await connection.execute(one.values(done_at=house.clock()))
    answer = await house.client.patch(
        address, json={"title": "Mais claro"}, headers={**director.headers, "If-Match": tag}
    )
    assert answer.status_code == 200
    assert answer.json()["progress"]["done"] == 2


async def test_the_clocks(house: Service, director: StaffPerson) -> None:
    known = house.clock() - timedelta(hours=1)
    incident = await entered(
        house,
        director,
        these(await add_customer(house.platform)),
        known_at=known.isoformat(),
    )
    assert incident["anpd_due_at"] == incident["subjects_due_at"] == rfc3339(add(known, 3))
    assert incident["supplement_due_at"] == rfc3339(add(known, 20))
    told = house.clock()
    answer = await house.client.patch(
        f"{INCIDENTS}/{incident['id']}",
        json={"form": {"anpd_communicated_at": told.isoformat()}},
        headers={**director.headers, "If-Match": "*"},
    )
    assert answer.json()["supplement_due_at"] == rfc3339(add(told, 20))
    assert answer.json()["anpd_due_at"] == incident["anpd_due_at"]


def rfc3339(moment: Any) -> str:
    return str(moment.isoformat()).replace("+00:00", "Z")


async def test_anpds_form_says_what_it_lacks(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    known = house.clock() - timedelta(days=30)
    incident = await entered(
        house,
        director,
        these(await add_customer(house.platform)),
        known_at=known.isoformat(),
        form={"nature": ["confidentiality"], "risks": "Acesso indevido.", "subjects_total": 0},
    )
    address = f"{INCIDENTS}/{incident['id']}"
    form = (await house.client.get(f"{address}/anpd-form", headers=officer.headers)).json()
    assert form["late"] is True
    assert form["logins"] == 1
    assert form["form"]["controller"] == house.platform.settings.agency_name
    assert "delay_reasons" in form["missing"]
    assert {"nature", "risks", "subjects_total", "controller"}.isdisjoint(form["missing"])
    filled: dict[str, Any] = dict.fromkeys(form["missing"], "Texto.")
    filled |= {"data_categories": ["contact"], "treated_subjects_total": 10}
    answer = await house.client.patch(
        address, json={"form": filled}, headers={**director.headers, "If-Match": "*"}
    )
    assert answer.status_code == 200, answer.text
    form = (await house.client.get(f"{address}/anpd-form", headers=officer.headers)).json()
    assert form["missing"] == []


async def test_deliveries_recipient_by_recipient(
    house: Service, director: StaffPerson, engineer: StaffPerson, officer: StaffPerson
) -> None:
    chosen = await people(house, 3)
    incident = await dealt_with(house, director, engineer, these(*chosen))
    address = f"{INCIDENTS}/{incident['id']}/deliveries"
    found = (await house.client.get(address, headers=director.headers)).json()["items"]
    assert {item["recipient"] for item in found} == {one.email for one in chosen}
    assert {item["login_id"] for item in found} == {str(one.login_id) for one in chosen}
    assert {item["state"] for item in found} == {"queued"}
    masked = (await house.client.get(address, headers=officer.headers)).json()["items"]
    assert all(item["recipient"].startswith("l***@") for item in masked)
    sent = await house.client.get(f"{address}?state=sent", headers=director.headers)
    assert sent.json()["items"] == []
    assert sent.status_code == 200
    page = await house.client.get(f"{address}?limit=2", headers=director.headers)
    cursor = page.json()["next_cursor"]
    rest = await house.client.get(f"{address}?limit=2&cursor={cursor}", headers=director.headers)
    assert page.json()["items"] + rest.json()["items"] == found
    elsewhere = await entered(house, director, these(chosen[0]))
    strange = await house.client.get(
        f"{INCIDENTS}/{elsewhere['id']}/deliveries?limit=2&cursor={cursor}",
        headers=director.headers,
    )
    assert (strange.status_code, strange.json()["code"]) == (422, "invalid_cursor")


async def test_a_preview_counts_and_stores_nothing(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    chosen, address = await people(house, 2), f"{INCIDENTS}/preview"
    entries = select(func.count()).select_from(table_of(Incident))
    before = await rows(house.platform, entries)
    counted = await house.client.post(
        address, json={"selection": these(*chosen)}, headers=director.headers
    )
    assert (counted.status_code, counted.json()) == (200, {"expected": 2})
    (event,) = await events(house.platform, request_id=counted.headers["x-request-id"])
    assert (event.action, event.outcome) == ("staff:incident:create", "allowed")
    assert (event.fields, event.subject_id, event.rows) == (("expected",), None, 0)
    since = {"last_sign_in": {"since": "2000-01-01T00:00:00Z"}}
    for selection in (since, {"network": "203.0.113.0/24"}, {"all": True}):
        answer = await house.client.post(
            address, json={"selection": selection}, headers=director.headers
        )
        entered_now = await entered(house, director, selection)
        assert answer.json() == {"expected": entered_now["expected"]}
        before = [(before[0][0] + 1,)]
    assert await rows(house.platform, entries) == before
    unknown = await house.client.post(
        address, json={"selection": {"logins": [str(new_id())]}}, headers=director.headers
    )
    assert unknown.json()["errors"][0]["pointer"] == "/selection/logins/0"
    refused = await house.client.post(
        address, json={"selection": {"all": True}}, headers=officer.headers
    )
    assert refused.status_code == 403
    assert (await house.client.get(address, headers=director.headers)).status_code == 405


@pytest.mark.parametrize("rest", ["", "/anpd-form", "/deliveries"])
async def test_an_incident_that_is_not_there(
    house: Service, director: StaffPerson, rest: str
) -> None:
    for name in (str(new_id()), "42"):
        answer = await house.client.get(f"{INCIDENTS}/{name}{rest}", headers=director.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"selection": {}}, "/selection", "exactly_one"),
        ({"selection": {"all": True, "network": "203.0.113.0/24"}}, "/selection", "exactly_one"),
        ({"selection": {"all": False}}, "/selection/all", "invalid_value"),
        ({"selection": {"network": "203.0.0.0/8"}}, "/selection/network", "invalid_network"),
        ({"selection": {"logins": []}}, "/selection/logins", "list_too_short"),
        ({"selection": {"logins": [str(UUID(int=7))]}}, "/selection/logins/0", "unknown_login"),
        (
            {
                "selection": {
                    "last_sign_in": {
                        "since": "2026-11-02T00:00:00Z",
                        "until": "2026-11-01T00:00:00Z",
                    }
                }
            },
            "/selection/last_sign_in",
            "period_empty",
        ),
        ({"known_at": "2999-01-01T00:00:00Z"}, "/known_at", "date_not_past"),
        ({"known_at": "0001-01-01T00:00:00Z"}, "/known_at", "date_too_old"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at", "date_not_past"),
        (
            {"form": {"anpd_communicated_at": "2999-01-01T00:00:00Z"}},
            "/form/anpd_communicated_at",
            "date_not_past",
        ),
        ({"form": {"nature": ["integrity", "integrity"]}}, "/form/nature", "duplicate_item"),
        ({"form": {"subjects_total": -1}}, "/form/subjects_total", "number_too_small"),
        ({"reason_text": {"pt-BR": "Só em português."}}, "/reason_text/en", "missing"),
        ({"reason_code": "because"}, "/reason_code", "not_one_of"),
        ({"title": " "}, "/title", "text_empty"),
    ],
)
async def test_what_is_refused(
    house: Service, director: StaffPerson, members: dict[str, Any], pointer: str, code: str
) -> None:
    body = draft(house, {"all": True}) | members
    answer = await house.client.post(INCIDENTS, json=body, headers=director.headers)
    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        (pointer, code)
    ]


@pytest.mark.parametrize("member", ["status", "expected", "reason_text", "selection", "known_at"])
async def test_what_the_form_cannot_touch(
    house: Service, director: StaffPerson, member: str
) -> None:
    incident = await entered(house, director, these(await add_customer(house.platform)))
    answer = await house.client.patch(
        f"{INCIDENTS}/{incident['id']}",
        json={member: "x"},
        headers={**director.headers, "If-Match": "*"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_member")


async def test_the_same_entry_twice_is_one(house: Service, director: StaffPerson) -> None:
    body = draft(house, these(await add_customer(house.platform)))
    headers = {**director.headers, "Idempotency-Key": "incidente-0001"}
    first, again = [
        await house.client.post(INCIDENTS, json=body, headers=headers) for _ in range(2)
    ]
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["location"] == f"{INCIDENTS}/{first.json()['id']}"


async def test_who_confirmed_it_stands_there_in_the_role_of_then(
    house: Service, director: StaffPerson
) -> None:
    second = await add_staff(house.platform, "systems_engineer")
    incident = await entered(house, director, these(await add_customer(house.platform)))
    assert (await confirm(house, second, incident)).status_code == 200
    async with house.platform.database.transaction() as connection:
        moved = update(StaffMember).where(StaffMember.id == second.id).values(role="support")
        await connection.execute(moved)
    assert await incident_work.work(house.platform) == 1
    found = await house.client.get(
        f"/v1/staff/interventions?incident_id={incident['id']}", headers=director.headers
    )
    assert [item["role"] for item in found.json()["items"]] == ["systems_engineer"]


async def test_the_worker_is_on_record_with_every_login(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    chosen = await people(house, 3)
    incident = await dealt_with(house, director, engineer, these(*chosen))
    intervened, finished = await events(house.platform, request_id=incident["id"])
    assert (intervened.action, intervened.actor_kind, intervened.rows) == (
        "system:intervention:create",
        "system",
        3,
    )
    assert (finished.action, finished.rows) == ("system:incident:finish", 3)
    subjects = select(AuditSubject.subject_id).where(AuditSubject.event_id == intervened.id)
    named = {row.subject_id for row in await rows(house.platform, subjects)}
    assert named == {one.login_id for one in chosen}


async def test_two_incidents_at_once_deal_with_a_login_once_each(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    chosen = await people(house, 30)
    incidents = [await entered(house, director, these(*chosen)) for _ in range(2)]
    for incident in incidents:
        assert (await confirm(house, engineer, incident)).status_code == 200
    counts = await asyncio.gather(*(incident_work.work(house.platform) for _ in range(4)))
    assert sum(counts) == 60
    found = await rows(
        house.platform,
        select(Intervention.incident_id, func.count())
        .where(Intervention.incident_id.in_([UUID(incident["id"]) for incident in incidents]))
        .group_by(Intervention.incident_id),
    )
    assert sorted(count for _, count in found) == [30, 30]


async def test_a_login_that_went_meanwhile_is_no_obstacle(
    house: Service, director: StaffPerson, engineer: StaffPerson
) -> None:
    chosen = await people(house, 2)
    incident = await entered(house, director, these(*chosen))
    assert (await confirm(house, engineer, incident)).status_code == 200
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(Login).where(Login.id == chosen[0].login_id))
    assert await incident_work.work(house.platform) == 1
    done = await house.client.get(f"{INCIDENTS}/{incident['id']}", headers=director.headers)
    assert done.json()["status"] == "done"
    assert done.json()["progress"]["logins"] == 1


async def test_selections(house: Service, director: StaffPerson) -> None:
    now = house.clock()
    old, lately, both, away = await people(house, 4)
    platform = house.platform
    async with platform.database.transaction() as connection:
        for one in (old, lately, both, away):
            await connection.execute(
                update(Session)
                .where(Session.login_id == one.login_id)
                .values(created_at=now - timedelta(days=4000), network="10.0.0.0/24")
            )
        for one, days in ((old, 3900), (lately, 3805), (both, 3790)):
            await connection.execute(
                update(Login)
                .where(Login.id == one.login_id)
                .values(last_login_at=now - timedelta(days=days))
            )
        await connection.execute(
            insert(Session).values(
                id=new_id(),
                kind="customer",
                login_id=both.login_id,
                customer_id=both.id,
                created_at=now - timedelta(days=3803),
                expires_at=now,
                ended_at=now,
                network="203.0.113.0/24",
                factors=("password",),
            )
        )
    week = {
        "since": (now - timedelta(days=3807)).isoformat(),
        "until": (now - timedelta(days=3800)).isoformat(),
    }
    for selection, chosen in (
        ({"last_sign_in": week}, [lately, both]),
        ({"network": "203.0.113.0/24"}, [both]),
        ({"network": "203.0.112.0/23"}, [both]),
        ({"network": "203.0.113.9"}, [both]),
        ({"network": "198.51.100.0/24"}, []),
    ):
        incident = await entered(house, director, selection)
        assert incident["expected"] == len(chosen), selection
        second = await add_staff(platform, "director")
        assert (await confirm(house, second, incident)).status_code == 200
        assert await touched(house, incident["id"]) == {one.login_id for one in chosen}
    everybody = await entered(house, director, {"all": True})
    logins = (await rows(platform, select(func.count()).select_from(Login)))[0][0]
    assert everybody["expected"] == logins
    open_ended = await entered(house, director, {"last_sign_in": {"since": week["since"]}})
    assert open_ended["expected"] >= 3
