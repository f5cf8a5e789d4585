"""Business days in Brazil: Monday to Friday without the national public holidays.

Carnival, Corpus Christi and the holidays of states and cities are business days: the law does not
make them national holidays. The holidays come from the library `holidays` (category public).
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("America/Sao_Paulo")
"""Where a day begins and ends for the agency and for the authorities that it answers to."""

_LAST_SECOND = time(23, 59, 59)


def add(moment: datetime, days: int) -> datetime:
    """The last second, in UTC, of the business day that is `days` business days after `moment`.

    Days are those of America/Sao_Paulo, whatever zone `moment` is in. The day of `moment` itself
    is not counted and the last one is, to its end (Lei 9.784/1999, art. 66); nothing falls due on
    a day that is no business day. `days` is at least 1. Raises `ValueError` for a naive `moment`.
    """
    if moment.tzinfo is None:
        raise ValueError("a deadline is counted from a moment with its zone")
    if days < 1:
        raise ValueError("a deadline is at least one business day away")
    day = moment.astimezone(ZONE).date()
    while days:
        day += timedelta(days=1)
        days -= is_business_day(day)
    return datetime.combine(day, _LAST_SECOND, ZONE).astimezone(UTC)


def day_before(day: date, days: int) -> date:
    """The business day that is `days` business days before a day; `days` is at least 1."""
    if days < 1:
        raise ValueError("at least one business day before")
    while days:
        day -= timedelta(days=1)
        days -= is_business_day(day)
    return day


def is_business_day(day: date) -> bool:
    """Whether Brazil as a whole works on that day."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("BR", years=year))
