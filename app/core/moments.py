"""Moments and days as callers write them: RFC 3339, ISO 8601."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from typing import TypeVar

from app.core.text import FieldRefused

D = TypeVar("D", bound=date)
"""Days, and moments, which are days to Python too."""

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_MONTH = re.compile(r"[12][0-9]{3}-(?:0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_moment(text: str) -> datetime:
    """The moment in UTC. Raises `FieldRefused("invalid_datetime")`, without a zone too."""
    try:
        if not _MOMENT.fullmatch(text):  # Python reads weeks, and times of hours alone, too
            raise ValueError
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldRefused("invalid_datetime") from None


def parse_day(text: str) -> date:
    """The day of a text such as ``2026-01-31``. Raises `FieldRefused("invalid_date")`."""
    try:
        if not _DAY.fullmatch(text):  # Python reads weeks and days without hyphens, too
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise FieldRefused("invalid_date") from None


def parse_month(text: str) -> date:
    """The first day of a month such as ``2026-01``. Raises `FieldRefused("invalid_month")`."""
    if not _MONTH.fullmatch(text):
        raise FieldRefused("invalid_month")
    return date.fromisoformat(f"{text}-01")


def months_before(moment: D, months: int) -> D:
    """The same day so many months earlier; the month's last where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
