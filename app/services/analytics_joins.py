"""A visitor's history becomes an account's at a sign-in, if that account wants it so.

What was measured before is joined, what comes after waits for the next sign-in: the browser may be
somebody else's by then. What was joined once stays with that account, whoever signs in there next,
until the account takes its consent back (`visitor_traces.JOINED`).
"""

from typing import Final, cast

from sqlalchemy import CursorResult, update

from app.access.actors import Actor
from app.access.permissions import member_may
from app.access.processing import ANALYTICS, COOKIES_ANALYTICS
from app.models import AnalyticsEvent
from app.services import consents, visitor_signals
from app.services.analytics_events import LIST, RESOURCE
from app.services.audit_log import Deed
from app.services.platform import Platform
from app.services.session_watch import LiveSession
from app.services.sessions import actor_of
from app.services.standing_consents import lock, standing_within
from app.services.visitors import Visitor

ACTION: Final = "auth:analytics_event:join"


async def join(platform: Platform, caller: Actor, live: LiveSession, visitor: Visitor) -> None:
    """Join the history of the browser that just signed in; on record. Often there is nothing to do.

    A signal that the browser sends is noted instead (see `visitor_signals.py`). To join takes the
    account's consent to `analytics`, the browser's own to be measured, and somebody who answers for
    the account's consents: nobody's browsing is to be seen by others of the account because a
    colleague agreed.
    """
    account = live.customer_id
    if visitor.id is None:
        return
    if visitor.signals:
        await visitor_signals.note(platform, caller, visitor.id)
        return
    if account is None:
        return
    if not member_may(live.permissions, LIST):
        return
    if not await consents.allows(platform, account, ANALYTICS):
        return
    async with platform.database.transaction() as connection:
        await lock(connection, account, visitor.id)
        now = platform.clock()
        if ANALYTICS not in await standing_within(connection, account, now):
            return
        if COOKIES_ANALYTICS not in await standing_within(connection, visitor.id, now):
            return
        joined = cast(
            CursorResult[tuple[()]],
            await connection.execute(
                update(AnalyticsEvent)
                .where(
                    AnalyticsEvent.subject_id == visitor.id, AnalyticsEvent.customer_id.is_(None)
                )
                .values(customer_id=account)
            ),
        ).rowcount
        if joined:
            deed = Deed(ACTION, subject_type=RESOURCE, rows=joined, subjects=[account])
            await platform.audit.add(connection, actor_of(live, caller), deed)
