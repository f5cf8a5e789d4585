"""`app/services/renewals.py`: a refresh token is good once, and its second use an alarm."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.access.viewers import Viewer
from app.models import Login, Membership, OutboxMessage, RefreshToken, Session, StaffMember
from app.security.opaque import digest, successor_of
from app.services.mail_templates import MailTemplates
from app.services.renewals import renew, renew_cookie
from app.services.sessions import Holder, open_session
from tests.support.people import add_customer, add_staff, stranger
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


async def test_of_two_cookies_at_once_both_get_the_one_successor(house: Service) -> None:
    maria = await add_customer(house.platform)
    proof = house.platform.csrf.of(maria.session_id)
    one, two = await asyncio.gather(
        *(
            renew_cookie(house.platform, maria.refresh_token, proof, stranger("tabs"))
            for _ in range(2)
        )
    )
    assert one is not None
    assert two is not None
    assert one.refresh_token == two.refresh_token != maria.refresh_token
    kept = select(RefreshToken).where(RefreshToken.session_id == maria.session_id)
    assert len(await rows(house.platform, kept)) == 2
    assert [event.outcome for event in await events(house.platform, request_id="tabs")] == [
        "allowed"
    ] * 2


async def test_a_spent_mark_from_the_future_gives_no_grace_for_ever(house: Service) -> None:
    """A replica whose clock runs ahead, or one that was set back since."""
    maria = await add_customer(house.platform)
    proof = house.platform.csrf.of(maria.session_id)
    try:
        house.clock.ahead = timedelta(hours=1)
        assert await renew_cookie(house.platform, maria.refresh_token, proof, stranger("x"))
        house.clock.ahead = timedelta()
        assert not await renew_cookie(house.platform, maria.refresh_token, proof, stranger("x"))
    finally:
        house.clock.ahead = timedelta()
    assert await house.platform.sessions.customer(maria.session_id) is None


async def test_successors_are_derived_and_nobody_else_can(house: Service) -> None:
    maria = await add_customer(house.platform)
    expected, mark = successor_of(maria.refresh_token, house.platform.rotation_key)
    renewed = await renew(house.platform, maria.refresh_token, stranger("x"))
    assert renewed is not None
    assert renewed.refresh_token == expected
    assert digest(expected) == mark
    assert successor_of(maria.refresh_token, b"another key")[0] != expected


@pytest.mark.parametrize(("language", "subject"), [("pt-BR", "Encerramos"), ("en", "We ended")])
async def test_the_holder_is_told_once_that_a_session_was_ended_for_reuse(
    house: Service, language: str, subject: str
) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        chosen = update(Login).where(Login.id == maria.login_id).values(language=language)
        await connection.execute(chosen)
    for _ in range(4):
        await renew(house.platform, maria.refresh_token, stranger("x"))
    [row] = await rows(
        house.platform,
        select(OutboxMessage.__table__).where(OutboxMessage.login_id == maria.login_id),
    )
    assert (row.template, row.recipient, row.language) == ("session_copied", maria.email, language)
    mail = MailTemplates("Agência").render(row.template, row.language, row.params)
    assert mail.subject.startswith(subject)
    assert "/recover" in mail.text


async def test_staff_are_told_too(house: Service) -> None:
    support = await add_staff(house.platform, "support")
    async with house.platform.database.transaction() as connection:
        holder = Holder("staff", support.id, Viewer.SUPPORT)
        _, tokens = await open_session(
            house.platform, connection, holder, stranger(), ("password", "totp")
        )
    for _ in range(2):
        await renew(house.platform, tokens.refresh_token, stranger("x"))
    [row] = await rows(
        house.platform,
        select(OutboxMessage.__table__).where(OutboxMessage.staff_id == support.id),
    )
    assert (row.template, row.recipient) == ("session_copied", support.email)
    assert row.params["recovery_link"] is None
