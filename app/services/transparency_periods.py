"""The periods of transparency reports: half-years, and the years that they make up."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

from app.core.business_days import ZONE

_TEXT: Final = re.compile(r"(20[0-9]{2})(?:-H([12]))?", re.ASCII)

SETTLED: Final = timedelta(days=30)
"""After the end of a period, what became of its requests is counted. By then each has been due: the
longest deadline is fifteen business days. What is decided later is in no report, so that no two
reports can be compared for what happened in between."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year, or the first or second half of one (`half` 1 or 2), in America/Sao_Paulo."""

    year: int
    half: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``2026`` or ``2026-H1``. Raises `ValueError` for anything else."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError("a period is a year, or a half of one")
        return cls(int(found[1]), int(found[2]) if found[2] else None)

    @classmethod
    def half_of(cls, moment: datetime) -> Self:
        """The half-year that a moment lies in."""
        day = moment.astimezone(ZONE).date()
        return cls(day.year, 1 if day.month <= 6 else 2)

    def __str__(self) -> str:
        return f"{self.year}" if self.half is None else f"{self.year}-H{self.half}"

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, 7 if self.half == 2 else 1, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Self:
        """The period of the same length that follows."""
        if self.half == 1:
            return type(self)(self.year, 2)
        return type(self)(self.year + 1, None if self.half is None else 1)

    @property
    def starts_at(self) -> datetime:
        """The first moment, in UTC."""
        return datetime.combine(self.first, time(), ZONE).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is not in it any more, in UTC."""
        return self.next.starts_at

    @property
    def settles_at(self) -> datetime:
        """When its figures are final: from then on they are published."""
        return self.ends_at + SETTLED

    @property
    def halves(self) -> tuple[Self, Self]:
        """Of a year."""
        return type(self)(self.year, 1), type(self)(self.year, 2)
