"""Figures about visits, for staff. No row, and no group of fewer than ten visitors, leaves here.

What is protected, and how:

* **Small groups.** A group of fewer than `SMALLEST` visitors is not shown. Its events are summed
  up with those of the other small ones, and that sum is only shown if it has enough visitors
  itself. If it has not, the smallest group that could be shown goes into it. So whatever is missing
  from an answer (by subtraction from another answer's sum, say) is either nothing or a group that
  is large enough, or the period as a whole has too few visitors and shows nothing at all.
* **Differences between answers.** Periods are whole days that are over, and a day that is over gets
  no more events; there are no filters, and one grouping at a time. Figures are rounded down to
  steps of `STEP`, and of one visitor no more than `STEP` events of a group are counted: whoever
  asks for two periods that differ by a day, or for the same one before and after somebody's events
  were erased, sees a figure move by one step for a single visitor at the most, and mostly by none.
  (A group that reaches `SMALLEST` appears, and the sum of the others shrinks by it.)
* **Names.** Paths and referrers were stripped when they were stored (`core/page_addresses.py`).

What is not: this is rounding, not noise (no differential privacy). Who knows everything of a group
but one visitor, and sees a figure pass a step or the group appear, learns that this one was there.
And a visitor is a browser: ten of them may be one person's.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.business_days import ZONE
from app.core.errors import Failure, FieldError
from app.models import AnalyticsEvent, table_of
from app.projection.projection import to_json
from app.schemas.analytics import By
from app.services.analytics_events import RESOURCE
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform

READ: Final = "staff:analytics:read"
SMALLEST: Final = 10
"""Visitors of a group that may be shown."""
STEP: Final = 10
MOST_GROUPS: Final = 200

_FOUR_WEEKS: Final = timedelta(days=27)
"""From the first day to the last."""
_FIRST: Final = date.min + _FOUR_WEEKS

_EVENTS: Final = table_of(AnalyticsEvent).c
_COLUMNS: Final[Mapping[By, ColumnElement[Any]]] = {
    "day": _EVENTS.day,
    "path": _EVENTS.path,
    "referrer": _EVENTS.referrer,
    "device": _EVENTS.device,
    "kind": _EVENTS.kind,
    "campaign": _EVENTS.campaign,
}


async def read(
    platform: Platform, actor: Actor, since: date | None, until: date | None, by: By
) -> bytes:
    """The figures of the days from `since` to `until`, both counted, as JSON; on record first.

    Without `until` up to yesterday, without `since` for four weeks. Raises `Refusal` without
    permission or grounds, `Failure("validation_failed")` for a period that is empty or not over.
    """
    require_grounds(actor, READ)
    since, until = _past(platform, since, until)
    period = _EVENTS.day.between(since, until)
    async with platform.database.snapshot() as connection:
        groups = await _large_groups(connection, period, _COLUMNS[by])
        other = await _rest(connection, period, _COLUMNS[by], groups)
        if groups and 0 < other[1] < SMALLEST:
            groups = groups[:-1]
            other = await _rest(connection, period, _COLUMNS[by], groups)
    shown = [{"value": value, **_figures(*counts)} for value, *counts in groups]
    if by == "day":
        shown.sort(key=lambda group: group["value"])
    else:  # by what is shown: the true order would tell more
        shown.sort(key=lambda group: (-group["visitors"], -group["events"], group["value"] or ""))
    answer = {
        "from": since,
        "to": until,
        "by": by,
        "groups": shown,
        "other": _figures(*other) if other[1] >= SMALLEST else None,
        "step": STEP,
    }
    await platform.audit.write(
        actor, Deed(READ, subject_type=RESOURCE, fields=(by,), rows=len(shown))
    )
    return to_json(answer)


def _past(platform: Platform, since: date | None, until: date | None) -> tuple[date, date]:
    today = platform.clock().astimezone(ZONE).date()
    until = until or today - timedelta(days=1)
    if until >= today:
        raise _refused("to", "date_not_past")
    since = since or max(until, _FIRST) - _FOUR_WEEKS
    if until < since:
        raise _refused("to", "period_empty")
    return since, until


def _refused(parameter: str, code: str) -> Failure:
    return Failure("validation_failed", errors=[FieldError("", code, parameter=parameter)])


async def _large_groups(
    connection: AsyncConnection, period: ColumnElement[bool], column: ColumnElement[Any]
) -> Sequence[tuple[Any, int, int]]:
    """(value, events, visitors) of each group that is large enough, the largest first."""
    each = (
        select(column.label("value"), func.count().label("events"))
        .where(period)
        .group_by(column, _EVENTS.subject_id)
        .subquery("each")
    )
    visitors = func.count()
    statement = (
        select(each.c.value, func.sum(_capped(each.c.events)), visitors)
        .group_by(each.c.value)
        .having(visitors >= SMALLEST)
        .order_by(visitors.desc(), each.c.value)
        .limit(MOST_GROUPS)
    )
    return [(value, events, of) for value, events, of in await connection.execute(statement)]


async def _rest(
    connection: AsyncConnection,
    period: ColumnElement[bool],
    column: ColumnElement[Any],
    groups: Sequence[tuple[Any, int, int]],
) -> tuple[int, int]:
    """(events, visitors) of everything that is in none of the groups."""
    values = [value for value, *_ in groups]
    named = column.not_in([value for value in values if value is not None])
    others = and_(column.is_not(None), named) if None in values else or_(column.is_(None), named)
    each = (
        select(func.count().label("events"))
        .where(period, others)
        .group_by(_EVENTS.subject_id)
        .subquery("each")
    )
    summed = func.coalesce(func.sum(_capped(each.c.events)), 0)
    events, visitors = (await connection.execute(select(summed, func.count()))).one()
    return events, visitors


def _capped(events: ColumnElement[int]) -> ColumnElement[int]:
    return case((events > STEP, STEP), else_=events)


def _figures(events: int, visitors: int) -> dict[str, int]:
    return {"events": int(events) // STEP * STEP, "visitors": visitors // STEP * STEP}
