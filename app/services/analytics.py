"""Figures about visits, for staff. No row, and no group of fewer than ten visitors, leaves here.

Whoever reads them may well have put visitors there too: anybody's browser may be forged. So:

* **Differences between answers.** Periods are whole months that are over: two never overlap, and
  one that is over gets no more events. There are no filters, and one grouping at a time.
* **Small groups, padded.** Every figure is blurred by itself (`security/blurring.py`, which says
  what is promised), and the blurred figure alone decides whether the group is shown. Nine forged
  browsers and a tenth look alike; so do 33 and 34, 49 and 50. That holds for each figure whatever
  else is known, and however many of the visitors are forged and then taken back.
* **Sums.** None is shown that others were taken from: of visitors in all there is one more figure,
  blurred by itself.
* **What is deleted by and by** (see `analytics_events.purge`): months are shown as long as none of
  their events was old enough to go.
* **Names.** Paths and referrers were stripped when they were stored (`core/page_addresses.py`).

What is not promised:

* Figures add up. One visit is counted in six groupings and in all, and whoever has picked a group
  in which every other visitor is known may put these figures together.
* Erasing shows through. A no erases events of months that are over, too. One such answer before and
  one after are blurred anew, but whoever has over a hundred visitors of their own in the group and
  takes them back one by one, before and after, can tell that *somebody* took theirs back.
* A visitor is a browser: who uses several counts as several.
* A new master key blurs anew.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.business_days import ZONE
from app.core.errors import Failure, FieldError
from app.core.moments import months_before
from app.models import AnalyticsEvent, table_of
from app.projection.projection import to_json
from app.schemas.analytics import By
from app.security.blurring import MOST_EACH, SMALLEST, STEP
from app.services.analytics_events import CAMPAIGN_MONTHS_KEPT, MONTHS_KEPT, RESOURCE
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform

READ: Final = "staff:analytics:read"
MOST_GROUPS: Final = 200
_MOST_COUNTED: Final = 10 * MOST_GROUPS
"""Groups that are looked at: the largest, beyond which hardly any could be among those shown."""

_EVENTS: Final = table_of(AnalyticsEvent).c
_COLUMNS: Final[Mapping[By, ColumnElement[Any]]] = {
    "day": _EVENTS.day,
    "path": _EVENTS.path,
    "referrer": _EVENTS.referrer,
    "device": _EVENTS.device,
    "kind": _EVENTS.kind,
    "campaign": _EVENTS.campaign,
}


async def read(platform: Platform, actor: Actor, month: date | None, by: By) -> bytes:
    """The figures of the month that begins with this day, else of the last one, as JSON; on record.

    Raises `Refusal` without permission or grounds, `Failure("validation_failed")` for a month that
    is not over, or of which events may be deleted already.
    """
    require_grounds(actor, READ)
    month = _shown(platform, month, by)
    last = month.replace(day=monthrange(month.year, month.month)[1])
    days = _EVENTS.day.between(month, last)
    async with platform.database.snapshot() as connection:
        visitors = await _visitors(connection, days)
        counted = await _groups(connection, days, _COLUMNS[by])
    name = month.isoformat()[:7]
    groups = []
    for value, of_group, events in counted:
        question = (name, by, None if value is None else str(value))
        blurred = platform.blur.visitors(question, of_group)
        if blurred is not None:
            shown = max(platform.blur.events(question, events), blurred)
            groups.append({"value": value, "events": shown, "visitors": blurred})
    # By what is shown: the true order would tell more.
    groups.sort(key=lambda group: (-group["visitors"], -group["events"], group["value"] or ""))
    del groups[MOST_GROUPS:]
    if by == "day":
        groups.sort(key=lambda group: group["value"])
    answer = {
        "month": name,
        "by": by,
        "visitors": platform.blur.visitors((name,), visitors),
        "groups": groups,
        "step": STEP,
    }
    await platform.audit.write(
        actor, Deed(READ, subject_type=RESOURCE, fields=(by,), rows=len(groups))
    )
    return to_json(answer)


def _shown(platform: Platform, month: date | None, by: By) -> date:
    current = platform.clock().astimezone(ZONE).date().replace(day=1)
    if month is None:
        return months_before(current, 1)
    if month >= current:
        raise _refused("month_not_over")
    kept = CAMPAIGN_MONTHS_KEPT if by == "campaign" else MONTHS_KEPT
    first = months_before(current, kept - 1)  # of the month before it some days are gone
    if month < first:
        raise _refused("month_too_old", first=first.isoformat()[:7])
    return month


def _refused(code: str, **params: str | int) -> Failure:
    error = FieldError("", code, params=params, parameter="month")
    return Failure("validation_failed", errors=[error])


async def _visitors(connection: AsyncConnection, days: ColumnElement[bool]) -> int:
    counted = select(func.count(distinct(_EVENTS.subject_id))).where(days)
    number: int = (await connection.execute(counted)).scalar_one()
    return number


async def _groups(
    connection: AsyncConnection, days: ColumnElement[bool], column: ColumnElement[Any]
) -> Sequence[tuple[Any, int, int]]:
    """(value, visitors, events) of each group that might be shown."""
    each = (
        select(column.label("value"), func.count().label("events"))
        .where(days)
        .group_by(column, _EVENTS.subject_id)
        .subquery("each")
    )
    visitors = func.count()
    capped = case((each.c.events > MOST_EACH, MOST_EACH), else_=each.c.events)
    statement = (
        select(each.c.value, visitors, func.sum(capped))
        .group_by(each.c.value)
        .having(visitors >= SMALLEST)  # smaller ones are not shown whatever the noise
        .order_by(visitors.desc(), each.c.value)
        .limit(_MOST_COUNTED)
    )
    return [(value, of, int(events)) for value, of, events in await connection.execute(statement)]
