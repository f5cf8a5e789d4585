"""One login's password is disabled: by whom, how, and what its owner and staff then see."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.access.viewers import STAFF_ROLES, Viewer
from app.core.ids import new_id
from app.models import AuditSubject, Base, Intervention, Login, OutboxMessage, Session
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_all_staff,
    add_customer,
    open_customer_session,
)
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/staff/interventions"
TEXT = "Você nos contou que passou a senha a outra pessoa."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staff(house: Service) -> dict[Viewer, StaffPerson]:
    return await add_all_staff(house.platform)


def order(login_id: UUID | str, **members: Any) -> dict[str, Any]:
    return {
        "login_id": str(login_id),
        "reason_code": "shared_password",
        "reason_text": TEXT,
    } | members


async def intervene(
    house: Service, who: StaffPerson, login_id: UUID, **headers: str
) -> httpx.Response:
    return await house.client.post(PATH, json=order(login_id), headers={**who.headers, **headers})


async def signed_in(house: Service, who: CustomerPerson) -> int:
    form = {"username": who.email, "password": who.password}
    return (await house.client.post("/v1/auth/customer/token", data=form)).status_code


@pytest.mark.parametrize("role", [Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER])
async def test_the_password_opens_nothing_any_more(
    house: Service, staff: dict[Viewer, StaffPerson], role: Viewer
) -> None:
    maria = await add_customer(house.platform)
    assert await signed_in(house, maria) == 200
    answer = await intervene(house, staff[role], maria.login_id)
    assert answer.status_code == 201, answer.text
    assert await signed_in(house, maria) == 401
    profile = await house.client.get("/v1/customer/profile", headers=maria.headers)
    assert (profile.status_code, profile.json()["code"]) == (401, "session_ended")
    renewed = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": maria.refresh_token}
    )
    assert (renewed.status_code, renewed.json()["code"]) == (401, "token_invalid")


async def test_staff_see_the_report_and_never_a_link(
    house: Service, staff: dict[Viewer, StaffPerson]
) -> None:
    maria = await add_customer(house.platform)
    answer = await intervene(house, staff[Viewer.DIRECTOR], maria.login_id)
    content = answer.json()
    assert content.keys() == {
        "id",
        "login_id",
        "incident_id",
        "staff_id",
        "role",
        "reason_code",
        "language",
        "report",
        "created_at",
    }
    assert content["login_id"] == str(maria.login_id)
    assert content["staff_id"] == str(staff[Viewer.DIRECTOR].id)
    assert (content["role"], content["incident_id"]) == ("director", None)
    assert TEXT in content["report"]
    (mail,) = await rows(
        house.platform, select(OutboxMessage).where(OutboxMessage.login_id == maria.login_id)
    )
    link = orjson.loads(house.platform.mail_sealer.open(mail.sealed, mail.id.bytes))["link"]
    token = link.partition("#token=")[2]
    listed = await house.client.get(
        f"{PATH}?login_id={maria.login_id}", headers=staff[Viewer.DIRECTOR].headers
    )
    assert listed.json() == {"items": [content], "next_cursor": None}
    log = await house.client.get(
        "/v1/staff/audit-events?limit=200", headers=staff[Viewer.DIRECTOR].headers
    )
    for told in (answer, listed, log):
        assert token not in told.text
        assert "argon2" not in told.text


async def test_the_customer_reads_it_once_they_are_in_again(
    house: Service, staff: dict[Viewer, StaffPerson]
) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    done = (await intervene(house, staff[Viewer.DIRECTOR], maria.login_id)).json()
    await reset(house, maria.login_id)
    token = await open_customer_session(house.platform, maria.login_id, other.id)
    headers = {"Authorization": f"Bearer {token}"}
    listed = await house.client.get("/v1/customer/interventions", headers=headers)
    assert [item["id"] for item in listed.json()["items"]] == [done["id"]]
    read = await house.client.get(f"/v1/customer/interventions/{done['id']}", headers=headers)
    assert read.json() == listed.json()["items"][0]
    assert read.json().keys() == {"id", "role", "reason_code", "language", "report", "created_at"}
    assert read.json()["report"] == done["report"]
    strange = await house.client.get(
        f"/v1/customer/interventions/{done['id']}", headers=other.headers
    )
    assert (strange.status_code, strange.json()["code"]) == (404, "not_found")
    none = await house.client.get("/v1/customer/interventions", headers=other.headers)
    assert none.json()["items"] == []


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
async def test_only_director_and_engineer_may(
    house: Service, staff: dict[Viewer, StaffPerson], role: Viewer
) -> None:
    maria = await add_customer(house.platform)
    answer = await intervene(house, staff[role], maria.login_id)
    if role in (Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER):
        assert answer.status_code == 201
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert await signed_in(house, maria) == 200
        refused = await events(house.platform, request_id=answer.headers["x-request-id"])
        assert [(event.action, event.outcome) for event in refused] == [
            ("staff:intervention:create", "refused")
        ]


async def test_an_engineer_says_why(house: Service, staff: dict[Viewer, StaffPerson]) -> None:
    maria = await add_customer(house.platform)
    engineer = staff[Viewer.SYSTEMS_ENGINEER]
    headers = {"Authorization": engineer.headers["Authorization"]}
    answer = await house.client.post(PATH, json=order(maria.login_id), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "reason_required")
    assert await signed_in(house, maria) == 200


async def test_a_proof_of_presence_is_wanted(
    house: Service, staff: dict[Viewer, StaffPerson]
) -> None:
    maria = await add_customer(house.platform)
    before = house.clock.ahead
    house.clock.ahead += timedelta(minutes=6)
    try:
        answer = await intervene(house, staff[Viewer.DIRECTOR], maria.login_id)
    finally:
        house.clock.ahead = before
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]
    assert await signed_in(house, maria) == 200


async def test_a_login_that_is_not_there(house: Service, staff: dict[Viewer, StaffPerson]) -> None:
    missing = new_id()
    answer = await intervene(house, staff[Viewer.DIRECTOR], missing)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    (event,) = await events(house.platform, subject_id=missing)
    assert (event.action, event.outcome) == ("staff:intervention:create", "refused")


async def test_the_same_request_twice_is_done_once(
    house: Service, staff: dict[Viewer, StaffPerson]
) -> None:
    maria = await add_customer(house.platform)
    director, engineer = staff[Viewer.DIRECTOR], staff[Viewer.SYSTEMS_ENGINEER]
    key = {"Idempotency-Key": "chamado-4711-senha"}
    first, again = [await intervene(house, director, maria.login_id, **key) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    mine = select(Intervention).where(Intervention.login_id == maria.login_id)
    assert len(await rows(house.platform, mine)) == 1
    other = await add_customer(house.platform)
    reused = await intervene(house, director, other.login_id, **key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    theirs = await intervene(house, engineer, other.login_id, **key)
    assert theirs.status_code == 201, "another person's key is another key"


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"login_id": "42"}, "/login_id", "invalid_uuid"),
        ({"reason_code": "because"}, "/reason_code", "not_one_of"),
        ({"reason_text": " "}, "/reason_text", "text_empty"),
        ({"reason_text": "a\u0000"}, "/reason_text", "text_control_characters"),
        ({"reason_text": "a" * 2001}, "/reason_text", "text_too_long"),
    ],
)
async def test_what_is_refused(
    house: Service,
    staff: dict[Viewer, StaffPerson],
    members: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    maria = await add_customer(house.platform)
    answer = await house.client.post(
        PATH,
        content=json.dumps(order(maria.login_id) | members),
        headers={**staff[Viewer.DIRECTOR].headers, "Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        (pointer, code)
    ]


@pytest.mark.parametrize(
    "member", ["password", "new_password", "password_hash", "link", "token", "recipient", "email"]
)
async def test_staff_can_hand_in_neither_password_nor_address(
    house: Service, staff: dict[Viewer, StaffPerson], member: str
) -> None:
    maria = await add_customer(house.platform)
    answer = await house.client.post(
        PATH,
        json=order(maria.login_id, **{member: "Quatro-gatos-8-telhados!"}),
        headers=staff[Viewer.DIRECTOR].headers,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_member")
    assert await signed_in(house, maria) == 200


async def test_a_sign_in_that_was_under_way_opens_nothing(
    house: Service, staff: dict[Viewer, StaffPerson], monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = await add_customer(house.platform)
    hashing = house.platform.hashing
    verify = hashing.verify

    async def slowly(password: str, stored: str | None) -> Any:
        verdict = await verify(password, stored)
        if verdict.ok:  # the password was right; it is disabled before anything comes of it
            answer = await intervene(house, staff[Viewer.DIRECTOR], maria.login_id)
            assert answer.status_code == 201
        return verdict

    with monkeypatch.context() as patched:
        patched.setattr(hashing, "verify", slowly)
        assert await signed_in(house, maria) == 401
    living = select(Session).where(Session.login_id == maria.login_id, Session.ended_at.is_(None))
    assert await rows(house.platform, living) == []


async def test_what_is_on_record(house: Service, staff: dict[Viewer, StaffPerson]) -> None:
    maria = await add_customer(house.platform)
    answer = await intervene(house, staff[Viewer.SYSTEMS_ENGINEER], maria.login_id)
    (event,) = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert (event.action, event.subject_type, event.outcome) == (
        "staff:intervention:create",
        "intervention",
        "allowed",
    )
    assert str(event.subject_id) == answer.json()["id"]
    assert event.reason == staff[Viewer.SYSTEMS_ENGINEER].headers["X-Reason"]
    subjects = select(AuditSubject.subject_id).where(AuditSubject.event_id == event.id)
    assert [row.subject_id for row in await rows(house.platform, subjects)] == [maria.login_id]
    assert TEXT not in repr(tuple(event))


async def reset(house: Service, login_id: UUID) -> None:
    """As the one-time link does, in one stroke."""
    logins = Base.metadata.tables["logins"]
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            logins.update().where(logins.c.id == login_id).values(reset_required_at=None)
        )
    (row,) = await rows(house.platform, select(Login).where(Login.id == login_id))
    assert row.reset_required_at is None
