"""`app/services/sessions.py`: opening, renewing and ending sessions."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access.viewers import Viewer
from app.models import RefreshToken, Session
from app.security.opaque import digest
from app.services.owners import Owner
from app.services.renewals import renew
from app.services.sessions import Holder, end_all, log_out, open_session, purge
from tests.support.people import CustomerPerson, add_customer, add_staff, stranger
from tests.support.records import rows
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


async def test_tokens_are_forgotten_when_their_session_expired_and_it_after_half_a_year(
    house: Service,
) -> None:
    maria = await add_customer(house.platform)
    days = house.platform.settings.refresh_token_days
    try:
        house.clock.ahead = timedelta(days=days, minutes=-1)
        assert await renew(house.platform, maria.refresh_token, stranger("late"))
        for hours, left in ((-1, (1, 2)), (1, (1, 0)), (179 * 24, (1, 0)), (181 * 24, (0, 0))):
            house.clock.ahead = timedelta(days=days, hours=hours)
            assert await left_after_purge(house, maria) == left
    finally:
        house.clock.ahead = timedelta()


async def test_tokens_are_forgotten_a_week_after_their_session_was_ended(house: Service) -> None:
    maria, joao = await add_customer(house.platform), await add_customer(house.platform)
    live = await house.platform.sessions.customer(maria.session_id)
    assert live is not None
    assert await renew(house.platform, maria.refresh_token, stranger("x"))
    await log_out(house.platform, live, stranger("out"))
    try:
        for days, left in ((6, (1, 2)), (8, (1, 0))):
            house.clock.ahead = timedelta(days=days)
            assert await left_after_purge(house, maria) == left
            assert await left_after_purge(house, joao) == (1, 1)
    finally:
        house.clock.ahead = timedelta()


async def left_after_purge(house: Service, person: CustomerPerson) -> tuple[int, int]:
    """How many of the person's sessions and refresh tokens are still kept."""
    await purge(house.platform)
    session = select(Session.id).where(Session.id == person.session_id)
    tokens = select(RefreshToken.digest).where(RefreshToken.session_id == person.session_id)
    return len(await rows(house.platform, session)), len(await rows(house.platform, tokens))


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
            platform, connection, "test", Owner("login", maria.login_id), customer_id=other.id
        )
        assert ended == [more[1]]
        ended = await end_all(
            platform, connection, "test", Owner("login", maria.login_id), but=maria.session_id
        )
        assert ended == [more[0]]
        ended = await end_all(platform, connection, "test", Owner("staff", support.id))
        assert ended == [support.session_id]
    alive = select(Session.id).where(
        Session.ended_at.is_(None),
        Session.id.in_([maria.session_id, joao.session_id, support.session_id, *more]),
    )
    found = {row.id for row in await rows(platform, alive)}
    assert found == {maria.session_id, joao.session_id}
