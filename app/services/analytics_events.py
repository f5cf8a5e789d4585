"""What pages report of visits: stored only as far as the visitor allows it at that very moment.

Without a yes to `cookies_analytics` nothing is stored, not even that somebody was there.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.processing import COOKIES_ANALYTICS, COOKIES_MARKETING
from app.core.business_days import ZONE
from app.core.ids import id_at, new_id
from app.core.moments import months_before
from app.models import AnalyticsEvent
from app.projection.projection import Page
from app.schemas.analytics_events import NewAnalyticsEvent
from app.services import visitor_signals
from app.services.authorization import require
from app.services.listings import find_page
from app.services.platform import Platform
from app.services.standing_consents import lock, standing, standing_within
from app.services.visitors import Visitor

ADD: Final = "public:analytics_event:add"
LIST: Final = "customer:analytics_event:list"
RESOURCE: Final = "analytics_event"

MOST_PER_HOUR: Final = 500
"""Events of one visitor that are kept; what comes beyond is dropped."""
MONTHS_KEPT: Final = 13
CAMPAIGN_MONTHS_KEPT: Final = 6
"""As the purposes `cookies_analytics` and `cookies_marketing` promise under `retention`."""
PURGED_AT_ONCE: Final = 2000

_HOUR: Final = timedelta(hours=1)


async def receive(
    platform: Platform, actor: Actor, visitor: Visitor, events: Sequence[NewAnalyticsEvent]
) -> None:
    """Store what the visitor allows; say nothing of what was dropped.

    Campaigns are kept only with a yes to `cookies_marketing` as well. While the browser signals
    that it wants nothing of the kind, nothing is stored, and what stands is taken back. Raises
    `Failure("too_many_requests")` for a network that sends too much.
    """
    require(actor, ADD)
    await platform.throttle.attempt("analytics", network=actor.network)
    if visitor.id is None:
        return
    if visitor.signals:
        await visitor_signals.note(platform, actor, visitor.id)
        return
    if COOKIES_ANALYTICS not in await standing(platform, visitor.id):
        return  # no transaction, which others would have to wait for, for what is dropped
    async with platform.database.transaction() as connection:
        await lock(connection, visitor.id)
        allowed = await standing_within(connection, visitor.id, platform.clock())
        if COOKIES_ANALYTICS not in allowed:
            return
        room = MOST_PER_HOUR - await _of_this_hour(platform, connection, visitor.id)
        with_campaign = COOKIES_MARKETING in allowed
        rows = [_row(platform, actor, visitor.id, event, with_campaign) for event in events]
        if kept := rows[: max(room, 0)]:
            await connection.execute(insert(AnalyticsEvent), kept)


async def list_own(platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]) -> Page:
    """A page of what was joined to the caller's account, newest first; on record."""
    page, deed = await find_page(platform, actor, LIST, RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def purge(platform: Platform) -> None:
    """Forget events after 13 months, and campaigns after six; in transactions of bounded length."""
    now = platform.clock()
    oldest = id_at(months_before(now, MONTHS_KEPT))
    some = select(AnalyticsEvent.id).where(AnalyticsEvent.id < oldest).limit(PURGED_AT_ONCE)
    await _in_batches(
        platform,
        delete(AnalyticsEvent).where(AnalyticsEvent.id.in_(some)).returning(AnalyticsEvent.id),
    )
    oldest = id_at(months_before(now, CAMPAIGN_MONTHS_KEPT))
    some = (
        select(AnalyticsEvent.id)
        .where(AnalyticsEvent.campaign.is_not(None), AnalyticsEvent.id < oldest)
        .limit(PURGED_AT_ONCE)
    )
    await _in_batches(
        platform,
        update(AnalyticsEvent)
        .where(AnalyticsEvent.id.in_(some))
        .values(campaign=None)
        .returning(AnalyticsEvent.id),
    )


async def _in_batches(platform: Platform, statement: Any) -> None:
    done = PURGED_AT_ONCE
    while done == PURGED_AT_ONCE:
        async with platform.database.transaction() as connection:
            done = len((await connection.execute(statement)).all())


async def _of_this_hour(platform: Platform, connection: AsyncConnection, visitor_id: UUID) -> int:
    since = id_at(platform.clock() - _HOUR)
    counted = select(func.count()).where(
        AnalyticsEvent.subject_id == visitor_id, AnalyticsEvent.id > since
    )
    number: int = (await connection.execute(counted)).scalar_one()
    return number


def _row(
    platform: Platform,
    actor: Actor,
    visitor_id: UUID,
    event: NewAnalyticsEvent,
    with_campaign: bool,
) -> dict[str, Any]:
    now = platform.clock()
    return {
        "id": new_id(),
        "subject_id": visitor_id,
        "customer_id": None,
        "kind": event.kind,
        "path": event.path,
        "referrer": event.referrer,
        "device": actor.device,
        "network": actor.network,
        "campaign": event.campaign if with_campaign else None,
        "day": now.astimezone(ZONE).date(),
        "at": now - timedelta(milliseconds=event.ago_ms),
    }
