"""The deadlines of what people ask: LGPD art. 19, and how long each question is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

from app.core.business_days import ZONE

DECLARATION_DAYS: Final = 15
"""Art. 19, II: the full declaration, counted from the request. The simple confirmation (art. 19, I)
is the acknowledgement, which leaves at once."""
REMINDED_DAYS: Final = 5
"""How many days before the deadline the privacy officers are reminded for the first time."""
KEPT_YEARS: Final[Mapping[str, int]] = {"privacy": 5, "contact": 2, "quote": 2}

_LAST_SECOND: Final = time(23, 59, 59)


def due_at(topic: str, received_at: datetime) -> datetime | None:
    """When a full answer is due at the latest: None for topics without a deadline in law.

    The last second of the fifteenth day after the request in America/Sao_Paulo, in UTC. Days are
    calendar days, and the last is not put off when it is no business day: the strictest reading.
    """
    if topic != "privacy":
        return None
    day = received_at.astimezone(ZONE).date() + timedelta(days=DECLARATION_DAYS)
    return datetime.combine(day, _LAST_SECOND, ZONE).astimezone(UTC)


def kept_until(topic: str, last_at: datetime) -> datetime:
    """Until when a request is kept to whose matter something happened at `last_at`."""
    year = last_at.year + KEPT_YEARS[topic]
    try:
        return last_at.replace(year=year)
    except ValueError:  # 29 February: kept a day longer rather than one too few
        return last_at.replace(year=year, month=3, day=1)
