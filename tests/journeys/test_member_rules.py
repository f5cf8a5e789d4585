"""Who may change whom in an account, and that somebody who owns it always stays."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.access.permissions import MEMBER_PERMISSIONS
from app.models import Login, Membership, Session
from tests.support.people import add_customer, add_member
from tests.support.post import mails
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.trust import MEMBERS, Person, code, leave, own_id, patch, revoke, store

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_members_of_others_are_nobodys_business(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    theirs = await add_member(house.platform, other.id, "invoices")
    for answer in (
        await patch(house, maria, theirs.id, permissions=["support"]),
        await revoke(house, maria, theirs.id),
        await house.client.delete(f"{MEMBERS}/nada", headers=maria.headers),
    ):
        assert code(answer) == (404, "not_found")
    [(held,)] = await rows(
        house.platform, select(Membership.permissions).where(Membership.id == theirs.id)
    )
    assert held == ("invoices",)


EVERYTHING_BUT_OWNER = MEMBER_PERMISSIONS
RULES: list[tuple[tuple[str, ...], tuple[str, ...], dict[str, Any], str | None]] = [
    # what the caller holds, what the member holds, the change, how it is refused
    (("members", "invoices"), ("invoices",), {"permissions": ["members"]}, None),
    (("members", "invoices"), ("invoices",), {"suspended": True}, None),
    (("members", "invoices"), ("invoices",), {"permissions": ["support"]}, "beyond"),
    (("members", "invoices"), ("invoices",), {"permissions": ["owner"]}, "beyond"),
    (("members", "invoices"), ("support",), {"suspended": True}, "beyond"),
    (("members", "invoices"), ("invoices", "support"), {"permissions": ["invoices"]}, "beyond"),
    (("members", "invoices"), ("owner",), {"permissions": ["invoices"]}, "beyond"),
    (EVERYTHING_BUT_OWNER, ("owner",), {"suspended": True}, "beyond"),
    (EVERYTHING_BUT_OWNER, ("invoices",), {"permissions": ["owner"]}, "beyond"),
    (EVERYTHING_BUT_OWNER, ("invoices",), {"permissions": list(MEMBER_PERMISSIONS)}, None),
    (("owner",), ("owner",), {"permissions": ["invoices"]}, None),
    (("owner",), ("invoices",), {"permissions": ["owner"]}, None),
]


@pytest.mark.parametrize(("held", "touched", "change", "refused"), RULES)
async def test_nobody_gives_or_touches_more_than_they_hold(
    house: Service,
    held: tuple[str, ...],
    touched: tuple[str, ...],
    change: dict[str, Any],
    refused: str | None,
) -> None:
    maria = await add_customer(house.platform)
    caller = await add_member(house.platform, maria.id, *held)
    member = await add_member(house.platform, maria.id, *touched)
    answer = await patch(house, caller, member.id, **change)
    if refused is None:
        assert answer.status_code == 200, answer.text
        return
    assert code(answer) == (403, "beyond_own_permissions")
    [(kept, paused)] = await rows(
        house.platform,
        select(Membership.permissions, Membership.suspended_at).where(Membership.id == member.id),
    )
    assert (kept, paused) == (touched, None)
    [event] = await events(house.platform, actor_id=caller.login_id, outcome="refused")
    assert (event.action, event.subject_id) == ("customer:membership:update", member.id)
    if not set(touched) <= set(held):
        assert code(await revoke(house, caller, member.id)) == (403, "beyond_own_permissions")


async def test_nobody_gives_more_time_than_they_have(house: Service) -> None:
    maria, ends = await add_customer(house.platform), house.clock() + timedelta(days=30)
    caller = await add_member(
        house.platform, maria.id, "members", "invoices", "support", expires_at=ends
    )
    member = await add_member(house.platform, maria.id, "invoices", expires_at=ends)
    later = (ends + timedelta(seconds=1)).isoformat()
    for end in (later, None):
        answer = await patch(house, caller, member.id, expires_at=end)
        assert code(answer) == (403, "beyond_own_permissions")
    changes: list[dict[str, Any]] = [
        {"permissions": ["invoices", "support"]},
        {"expires_at": (ends - timedelta(days=1)).isoformat()},
    ]
    for change in changes:
        assert (await patch(house, caller, member.id, **change)).status_code == 200
    for_good = await add_member(house.platform, maria.id, "invoices", "support")
    more = await patch(house, caller, for_good.id, permissions=["invoices", "members"])
    assert code(more) == (403, "beyond_own_permissions"), "it would outlast the one who gave it"
    less = await patch(house, caller, for_good.id, permissions=["invoices"])
    assert less.status_code == 200
    assert (await patch(house, caller, for_good.id, suspended=True)).status_code == 200
    back = await patch(house, caller, for_good.id, suspended=False)
    assert code(back) == (403, "beyond_own_permissions")


async def test_nobody_changes_their_own_place(house: Service) -> None:
    maria = await add_customer(house.platform)
    await add_member(house.platform, maria.id, "owner")
    mine = await own_id(house, maria)
    for change in (
        {"permissions": ["invoices"]},
        {"suspended": True},
        {"expires_at": (house.clock() + timedelta(days=9)).isoformat()},
    ):
        assert code(await patch(house, maria, mine, **change)) == (403, "own_membership")
    assert code(await revoke(house, maria, mine)) == (403, "own_membership")


async def test_the_last_owner_stays(house: Service) -> None:
    maria = await add_customer(house.platform)
    ends = house.clock() + timedelta(days=30)
    limited = await add_member(house.platform, maria.id, "owner", expires_at=ends)
    disabled = await add_member(house.platform, maria.id, "owner")
    paused = await add_member(house.platform, maria.id, "owner")
    await store(house, paused.id, suspended_at=house.clock())
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == disabled.login_id).values(status="disabled")
        )
    mine = await own_id(house, maria)
    for change in (
        {"permissions": ["invoices"]},
        {"suspended": True},
        {"expires_at": (house.clock() + timedelta(days=9)).isoformat()},
    ):
        assert code(await patch(house, limited, mine, **change)) == (409, "last_owner")
    assert code(await revoke(house, limited, mine)) == (409, "last_owner")
    assert code(await leave(house, maria)) == (409, "last_owner")
    assert (await leave(house, limited)).status_code == 204, "whose time is limited may go"
    second = await add_member(house.platform, maria.id, "owner")
    assert (await leave(house, maria)).status_code == 204
    assert code(await leave(house, second)) == (409, "last_owner")


async def test_two_owners_leave_at_the_same_moment_and_one_stays(house: Service) -> None:
    for _ in range(5):
        maria = await add_customer(house.platform)
        all_owners: list[Person] = [maria]
        all_owners += [await add_member(house.platform, maria.id, "owner") for _ in range(2)]
        answers = await asyncio.gather(*(leave(house, who) for who in all_owners))
        assert Counter(answer.status_code for answer in answers) == {204: 2, 409: 1}


async def test_two_owners_who_revoke_each_other_leave_one(house: Service) -> None:
    for _ in range(5):
        maria = await add_customer(house.platform)
        other = await add_member(house.platform, maria.id, "owner")
        mine = await own_id(house, maria)
        answers = await asyncio.gather(revoke(house, maria, other.id), revoke(house, other, mine))
        counted = Counter(answer.status_code for answer in answers)
        assert counted[204] == 1
        assert counted[403] + counted[401] == 1
        left = select(Membership.id).where(
            Membership.customer_id == maria.id, Membership.revoked_at.is_(None)
        )
        assert len(await rows(house.platform, left)) == 1


async def test_sensitive_changes_want_somebody_who_is_there(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "members", "invoices")
    for who in (maria, member):
        async with house.platform.database.transaction() as connection:
            await connection.execute(
                update(Session)
                .where(Session.id == who.session_id)
                .values(proved_at=house.clock() - timedelta(minutes=6))
            )
    for answer in (
        await patch(house, maria, member.id, suspended=True),
        await revoke(house, maria, member.id),
        await leave(house, member),
    ):
        assert code(answer) == (401, "step_up_required")
        assert "max_age" in answer.headers["www-authenticate"]
    assert await mails(house.platform, customer_id=maria.id) == []
