"""`app/services/sessions.py`: opening, renewing and ending sessions."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.access.viewers import Viewer
from app.models import Membership, RefreshToken, Session, StaffMember
from app.security.opaque import digest
from app.services.sessions import Holder, end_all, log_out, open_session, purge, renew
from tests.support.people import add_customer, add_staff, stranger
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_session_opens_with_a_pair_of_tokens_and_only_digests_are_kept(
    house: Service,
) -> None:
    maria = await add_customer(house.platform)
    claims = house.platform.tokens.verify(maria.token, "customer")
    assert (claims.session, claims.subject) == (maria.session_id, maria.login_id)
    [row] = await rows(
        house.platform, select(RefreshToken).where(RefreshToken.session_id == maria.session_id)
    )
    assert row.digest == digest(maria.refresh_token)
    assert maria.refresh_token.encode() not in row.digest
    assert row.spent_at is None
    days = house.platform.settings.refresh_token_days
    assert row.expires_at - row.created_at == timedelta(days=days)


async def test_a_refresh_token_is_good_once(house: Service) -> None:
    maria = await add_customer(house.platform)
    first = await renew(house.platform, maria.refresh_token, stranger("renew-1"))
    assert first is not None
    assert first.refresh_token != maria.refresh_token
    assert house.platform.tokens.verify(first.access_token, "customer").session == maria.session_id
    second = await renew(house.platform, first.refresh_token, stranger("renew-2"))
    assert second is not None
    [event] = await events(house.platform, request_id="renew-2")
    assert (event.action, event.outcome) == ("auth:session:renew", "allowed")
    assert (event.actor_kind, event.actor_id) == ("login", maria.login_id)
    assert event.session_id == event.subject_id == maria.session_id


async def test_the_reuse_of_a_spent_token_ends_the_whole_session(house: Service) -> None:
    maria = await add_customer(house.platform)
    fresh = await renew(house.platform, maria.refresh_token, stranger("thief"))
    assert fresh is not None
    assert await house.platform.sessions.customer(maria.session_id) is not None
    assert await renew(house.platform, maria.refresh_token, stranger("owner")) is None
    assert await house.platform.sessions.customer(maria.session_id) is None
    assert await renew(house.platform, fresh.refresh_token, stranger("thief-again")) is None
    [session] = await rows(house.platform, select(Session).where(Session.id == maria.session_id))
    assert session.end_reason == "refresh_token_reused"
    [event] = await events(house.platform, request_id="owner")
    assert (event.outcome, event.subject_id) == ("refused", maria.session_id)
    assert event.actor_kind == "anonymous"


async def test_of_two_that_renew_at_once_one_wins_and_the_session_ends(house: Service) -> None:
    maria = await add_customer(house.platform)
    pairs = await asyncio.gather(
        *(renew(house.platform, maria.refresh_token, stranger("at-once")) for _ in range(2))
    )
    assert len([pair for pair in pairs if pair is not None]) == 1
    assert await house.platform.sessions.customer(maria.session_id) is None


@pytest.mark.parametrize("token", ["", "x", "á" * 10, "\ud800", "A" * 512])
async def test_a_token_that_never_was_is_refused_and_leaves_no_trace(
    house: Service, token: str
) -> None:
    request_id = f"unknown-{len(token)}-{token.isascii()}"
    assert await renew(house.platform, token, stranger(request_id)) is None
    assert await events(house.platform, request_id=request_id) == []


async def test_an_expired_token_is_refused_without_being_called_reused(house: Service) -> None:
    maria = await add_customer(house.platform)
    try:
        house.clock.ahead = timedelta(days=house.platform.settings.refresh_token_days, seconds=1)
        assert await renew(house.platform, maria.refresh_token, stranger("expired")) is None
    finally:
        house.clock.ahead = timedelta()
    [session] = await rows(house.platform, select(Session).where(Session.id == maria.session_id))
    assert (session.ended_at, session.end_reason) == (None, None)


async def test_renewing_does_not_lengthen_the_session(house: Service) -> None:
    maria = await add_customer(house.platform)
    days = house.platform.settings.refresh_token_days
    try:
        house.clock.ahead = timedelta(days=days, minutes=-1)
        late = await renew(house.platform, maria.refresh_token, stranger("late"))
        assert late is not None
        house.clock.ahead = timedelta(days=days, minutes=1)
        assert await renew(house.platform, late.refresh_token, stranger("too-late")) is None
    finally:
        house.clock.ahead = timedelta()


async def test_a_changed_role_is_in_the_next_token(house: Service) -> None:
    someone = await add_staff(house.platform, "support")
    async with house.platform.database.transaction() as connection:
        holder = Holder("staff", someone.id, Viewer.SUPPORT)
        _, tokens = await open_session(
            house.platform, connection, holder, stranger(), ("password", "totp")
        )
        await connection.execute(
            update(StaffMember).where(StaffMember.id == someone.id).values(role="billing")
        )
    renewed = await renew(house.platform, tokens.refresh_token, stranger("promoted"))
    assert renewed is not None
    assert house.platform.tokens.verify(renewed.access_token, "staff").viewer == Viewer.BILLING


async def test_a_revoked_membership_renews_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Membership)
            .where(Membership.login_id == maria.login_id)
            .values(revoked_at=house.clock())
        )
    assert await renew(house.platform, maria.refresh_token, stranger("revoked")) is None
    [event] = await events(house.platform, request_id="revoked")
    assert event.outcome == "refused"


async def test_logging_out_ends_the_session_at_once_and_twice_is_no_error(house: Service) -> None:
    maria = await add_customer(house.platform)
    live = await house.platform.sessions.customer(maria.session_id)
    assert live is not None
    await log_out(house.platform, live, stranger("out"))
    assert await house.platform.sessions.customer(maria.session_id) is None
    [before] = await rows(house.platform, select(Session).where(Session.id == maria.session_id))
    assert before.end_reason == "logged_out"
    await log_out(house.platform, live, stranger("out"))
    [after] = await rows(house.platform, select(Session).where(Session.id == maria.session_id))
    assert after == before
    assert await renew(house.platform, maria.refresh_token, stranger("after-logout")) is None


async def test_tokens_are_forgotten_a_month_after_their_session_expired_and_it_after_half_a_year(
    house: Service,
) -> None:
    maria = await add_customer(house.platform)
    session = select(Session.id).where(Session.id == maria.session_id)
    tokens = select(RefreshToken.digest).where(RefreshToken.session_id == maria.session_id)
    days = house.platform.settings.refresh_token_days
    try:
        for later, left in ((29, (1, 1)), (31, (1, 0)), (179, (1, 0)), (181, (0, 0))):
            house.clock.ahead = timedelta(days=days + later)
            await purge(house.platform)
            found = (
                len(await rows(house.platform, session)),
                len(await rows(house.platform, tokens)),
            )
            assert found == left
    finally:
        house.clock.ahead = timedelta()


async def test_all_sessions_of_one_person_end_but_the_one_that_is_kept(house: Service) -> None:
    platform = house.platform
    maria, joao = await add_customer(platform), await add_customer(platform)
    other = await add_customer(platform)
    support = await add_staff(platform, "support")
    more = []
    async with platform.database.transaction() as connection:
        for customer_id in (maria.id, other.id):
            holder = Holder("customer", maria.login_id, Viewer.SELF, customer_id)
            opened = await open_session(platform, connection, holder, stranger("x"), ("password",))
            more.append(opened[0])
    async with platform.database.transaction() as connection:
        ended = await end_all(
            platform, connection, "test", login_id=maria.login_id, customer_id=other.id
        )
        assert ended == [more[1]]
        ended = await end_all(
            platform, connection, "test", login_id=maria.login_id, but=maria.session_id
        )
        assert ended == [more[0]]
        assert await end_all(platform, connection, "test", staff_id=support.id) == [
            support.session_id
        ]
        with pytest.raises(ValueError, match="one login or"):
            await end_all(platform, connection, "test")
    alive = select(Session.id).where(
        Session.ended_at.is_(None),
        Session.id.in_([maria.session_id, joao.session_id, support.session_id, *more]),
    )
    found = {row.id for row in await rows(platform, alive)}
    assert found == {maria.session_id, joao.session_id}
