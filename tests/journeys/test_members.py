"""Members: listed, changed, paused, revoked, gone; everybody whom it concerns is told."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.models import Session
from tests.support.people import add_customer, add_member, add_staff
from tests.support.post import mails
from tests.support.records import events, rows
from tests.support.service import Service, serving
from tests.support.trust import MEMBERS, OWN, code, invite, leave, patch, revoke, store

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_members_are_listed_with_who_they_are(house: Service) -> None:
    maria = await add_customer(house.platform)
    first = await add_member(house.platform, maria.id, "invoices")
    second = await add_member(house.platform, maria.id, "support", "backups")
    other = await add_customer(house.platform)
    answer = await house.client.get(MEMBERS, headers=maria.headers)
    items = answer.json()["items"]
    assert [item["id"] for item in items][:2] == [str(second.id), str(first.id)]
    assert len(items) == 3
    assert items[1] == {
        "id": str(first.id),
        "permissions": ["invoices"],
        "invited_by": None,
        "created_at": items[1]["created_at"],
        "expires_at": None,
        "suspended_at": None,
        "revoked_at": None,
        "login": {
            "id": str(first.login_id),
            "name": first.name,
            "email": first.email,
            "status": "active",
            "last_login_at": None,
        },
    }
    assert other.email not in answer.text
    page = await house.client.get(f"{MEMBERS}?limit=1", headers=maria.headers)
    rest = await house.client.get(
        MEMBERS, params={"cursor": page.json()["next_cursor"]}, headers=maria.headers
    )
    assert page.json()["items"] + rest.json()["items"] == items


async def test_a_change_starts_from_what_was_read(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    path = f"{MEMBERS}/{member.id}"
    missing = await house.client.patch(path, json={"suspended": True}, headers=maria.headers)
    assert code(missing) == (428, "precondition_required")
    stale = await house.client.patch(
        path, json={"suspended": True}, headers=maria.headers | {"If-Match": '"x"'}
    )
    assert code(stale) == (412, "precondition_failed")
    changed = await patch(house, maria, member.id, permissions=["support", "invoices"])
    assert changed.json()["permissions"] == ["invoices", "support"]
    tag = {"If-Match": changed.headers["etag"]}
    again = await house.client.patch(
        path, json={"permissions": ["support"]}, headers=maria.headers | tag
    )
    assert (again.status_code, again.json()["permissions"]) == (200, ["support"])
    late = await house.client.patch(
        path, json={"permissions": ["invoices"]}, headers=maria.headers | tag
    )
    assert code(late) == (412, "precondition_failed")


async def test_one_member_is_read_with_the_tag_that_a_change_starts_from(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    path = f"{MEMBERS}/{member.id}"
    read = await house.client.get(path, headers=maria.headers)
    listed = (await house.client.get(MEMBERS, headers=maria.headers)).json()["items"]
    assert read.status_code == 200
    assert read.json() == next(item for item in listed if item["id"] == str(member.id))
    tagged = maria.headers | {"If-Match": read.headers["etag"]}
    changed = await house.client.patch(path, json={"permissions": ["support"]}, headers=tagged)
    assert (changed.status_code, changed.json()["permissions"]) == (200, ["support"])
    stale = await house.client.patch(path, json={"suspended": True}, headers=tagged)
    assert code(stale) == (412, "precondition_failed")
    fresh = await house.client.get(path, headers=maria.headers)
    assert (fresh.json(), fresh.headers["etag"]) == (changed.json(), changed.headers["etag"])
    [event] = await events(house.platform, request_id=fresh.headers["x-request-id"])
    assert (event.action, event.subject_id) == ("customer:membership:list", member.id)
    for headers, wrong in ((other.headers, path), (maria.headers, f"{MEMBERS}/42")):
        assert code(await house.client.get(wrong, headers=headers)) == (404, "not_found")
    assert (await house.client.get(path, headers=member.headers)).status_code == 403


async def test_new_permissions_count_at_once(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "support")
    invoices = "/v1/customer/invoices"
    assert (await house.client.get(invoices, headers=member.headers)).status_code == 403
    await patch(house, maria, member.id, permissions=["invoices"])
    assert (await house.client.get(invoices, headers=member.headers)).status_code == 200
    await patch(house, maria, member.id, permissions=["support"])
    assert (await house.client.get(invoices, headers=member.headers)).status_code == 403


async def test_a_pause_ends_sessions_and_its_end_opens_none(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    paused = await patch(house, maria, member.id, suspended=True)
    assert paused.json()["suspended_at"] is not None
    since = paused.json()["suspended_at"]
    assert (await patch(house, maria, member.id, suspended=True)).json()["suspended_at"] == since
    out = await house.client.get(OWN, headers=member.headers)
    assert code(out) == (401, "session_ended")
    form = {"username": member.email, "password": member.password}
    refused = await house.client.post("/v1/auth/customer/token", data=form)
    assert refused.status_code == 401
    renewed = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": member.refresh_token}
    )
    assert renewed.status_code == 401
    resumed = await patch(house, maria, member.id, suspended=False)
    assert resumed.json()["suspended_at"] is None
    assert code(await house.client.get(OWN, headers=member.headers)) == (401, "session_ended")
    assert (await house.client.post("/v1/auth/customer/token", data=form)).status_code == 200


async def test_an_end_comes_by_itself(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    ends = house.clock() + timedelta(minutes=3)
    limited = await patch(house, maria, member.id, expires_at=ends.isoformat())
    assert limited.status_code == 200, limited.text
    invoices = "/v1/customer/invoices"
    assert (await house.client.get(invoices, headers=member.headers)).status_code == 200
    try:
        house.clock.ahead = timedelta(minutes=3, seconds=1)
        house.platform.sessions.forget(member.session_id)  # half a second goes by
        out = await house.client.get(invoices, headers=member.headers)
        assert code(out) == (401, "session_ended")
        form = {"username": member.email, "password": member.password}
        assert (await house.client.post("/v1/auth/customer/token", data=form)).status_code == 401
        listed = await house.client.get(MEMBERS, headers=maria.headers)
        assert str(member.id) in {item["id"] for item in listed.json()["items"]}
        past = (house.clock() - timedelta(seconds=1)).isoformat()
        assert code(await patch(house, maria, member.id, expires_at=past)) == (
            422,
            "validation_failed",
        )
        longer = await patch(house, maria, member.id, expires_at=None)
        assert longer.json()["expires_at"] is None
        again = await house.client.get(invoices, headers=member.headers)
        assert code(again) == (401, "session_ended"), "what expired is entered anew"
        assert (await house.client.post("/v1/auth/customer/token", data=form)).status_code == 200
    finally:
        house.clock.ahead = timedelta()


@pytest.mark.parametrize("way", ["revoked", "suspended", "expired"])
async def test_a_member_is_out_within_a_second_on_every_replica(
    house: Service, tmp_path: Path, way: str
) -> None:
    platform = house.platform
    keys = platform.settings.keys_path
    async with serving(platform.settings.database_url, tmp_path, keys_dir=keys) as replica:
        maria = await add_customer(platform)
        member = await add_member(platform, maria.id, "invoices")
        invoices = "/v1/customer/invoices"
        assert (await replica.client.get(invoices, headers=member.headers)).status_code == 200
        if way == "revoked":
            assert (await revoke(house, maria, member.id)).status_code == 204
        elif way == "suspended":
            assert (await patch(house, maria, member.id, suspended=True)).status_code == 200
        else:
            await store(house, member.id, expires_at=house.clock())
        if way != "expired":  # where it was done it is known at once
            assert (await house.client.get(invoices, headers=member.headers)).status_code == 401
        loop = asyncio.get_running_loop()
        started = loop.time()
        while (await replica.client.get(invoices, headers=member.headers)).status_code != 401:
            assert loop.time() - started < 1
            await asyncio.sleep(0.02)


async def test_revoking_ends_the_sessions_of_this_account_alone(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    await store(house, member.id, login_id=other.login_id)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Session).where(Session.id == member.session_id).values(login_id=other.login_id)
        )
    assert (await revoke(house, maria, member.id)).status_code == 204
    ended = select(Session.end_reason).where(Session.id == member.session_id)
    assert await rows(house.platform, ended) == [("membership_changed",)]
    assert (
        await house.client.get("/v1/customer/profile", headers=other.headers)
    ).status_code == 200
    gone = await house.client.get(f"{MEMBERS}", headers=maria.headers)
    assert str(member.id) not in gone.text
    assert code(await revoke(house, maria, member.id)) == (404, "not_found")
    assert code(await patch(house, maria, member.id, suspended=True)) == (404, "not_found")


async def test_whoever_leaves_is_out_and_may_be_asked_back(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    assert (await leave(house, member)).status_code == 204
    assert code(await house.client.get(OWN, headers=member.headers)) == (401, "session_ended")
    [event] = await events(house.platform, actor_id=member.login_id, outcome="allowed")
    assert (event.action, event.subject_id) == ("customer:membership:leave", member.id)
    assert event.fields == ("revoked_at",)
    assert (await invite(house, maria.headers, member.email, "support")).status_code == 201


async def test_members_and_owners_are_told(house: Service) -> None:
    maria = await add_customer(house.platform)
    second = await add_member(house.platform, maria.id, "owner")
    member = await add_member(house.platform, maria.id, "invoices")
    bystander = await add_member(house.platform, maria.id, "members")
    steps = [
        (patch(house, maria, member.id, permissions=["support"]), "changed"),
        (patch(house, maria, member.id, permissions=["support"]), None),
        (patch(house, maria, member.id, suspended=True), "suspended"),
        (patch(house, maria, member.id, suspended=False), "resumed"),
        (revoke(house, maria, member.id), "revoked"),
    ]
    for step, change in steps:
        before = {mail.id for mail in await mails(house.platform, customer_id=maria.id)}
        assert (await step).status_code in (200, 204)
        fresh = [
            mail
            for mail in await mails(house.platform, customer_id=maria.id)
            if mail.id not in before
        ]
        if change is None:
            assert fresh == []
            continue
        assert {mail.recipient for mail in fresh} == {maria.email, second.email, member.email}
        for mail in fresh:
            assert mail.template == "member_changed"
            assert mail.sealed is None
            assert mail.params["change"] == change
            assert mail.params["to_member"] == (mail.recipient == member.email)
            assert mail.params["by_name"] == maria.row["name"]
            assert (mail.login_id is None) is False
    assert await mails(house.platform, recipient=bystander.email) == []


async def test_each_deed_carries_its_doers_name(house: Service) -> None:
    maria = await add_customer(house.platform)
    manager = await add_member(house.platform, maria.id, "members", "invoices")
    member = await add_member(house.platform, maria.id, "invoices")
    changed = await patch(house, manager, member.id, permissions=["members"], expires_at=None)
    assert changed.status_code == 200
    [deed, shown] = await events(house.platform, request_id=changed.headers["x-request-id"])
    assert (deed.action, deed.actor_id) == ("customer:membership:update", manager.login_id)
    assert deed.fields == ("expires_at", "permissions")
    assert "permissions" in shown.fields
    log = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert "customer:membership:update" in [item["action"] for item in log["items"]]


async def test_staff_see_the_logins_behind_a_customer(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    await revoke(house, maria, member.id)
    path = f"/v1/staff/customers/{maria.id}/members"
    expected = {
        "director": 200,
        "systems_engineer": 200,
        "privacy_officer": 200,
        "support": 200,
        "billing": 403,
        "production": 403,
        "marketing": 403,
    }
    for role, status in expected.items():
        person = await add_staff(house.platform, role)
        answer = await house.client.get(path, headers=person.headers)
        assert answer.status_code == status, role
        if status == 200:
            found = {item["login"]["id"]: item for item in answer.json()["items"]}
            assert set(found) == {str(maria.login_id), str(member.login_id)}
            assert found[str(member.login_id)]["revoked_at"] is not None
            gone = await house.client.get(
                f"/v1/staff/customers/{member.id}/members", headers=person.headers
            )
            assert code(gone) == (404, "not_found")
    log = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert [item["action"] for item in log["items"]].count("staff:membership:list") == 4
