"""The deadlines of an incident (Res. CD/ANPD 15/2024), counted in Brazil's business days.

ANPD and the people concerned are told within three business days of the agency's knowing (arts. 6
and 9; twice that for a small agent, Res. CD/ANPD 2/2022, art. 14); what was missing is handed in
within twenty of the communication (art. 6, §3); the register is kept five years (art. 10).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.core import business_days

COMMUNICATION_DAYS: Final = 3
SMALL_AGENT_FACTOR: Final = 2
SUPPLEMENT_DAYS: Final = 20
REGISTER_YEARS: Final = 5


@dataclass(frozen=True, slots=True)
class Clocks:
    """When what is due at the latest, and how long the register keeps the incident (UTC)."""

    anpd_due_at: datetime
    subjects_due_at: datetime
    supplement_due_at: datetime
    kept_until: datetime


def clocks(
    known_at: datetime,
    registered_at: datetime,
    *,
    communicated_at: datetime | None = None,
    small_agent: bool = False,
) -> Clocks:
    """The clocks of an incident known since `known_at` and in the register since `registered_at`.

    As long as ANPD was not told (`communicated_at`), the supplement counts from the moment of
    knowing: that is the earliest day on which it can fall due.
    """
    days = COMMUNICATION_DAYS * (SMALL_AGENT_FACTOR if small_agent else 1)
    told_by = business_days.add(known_at, days)
    return Clocks(
        anpd_due_at=told_by,
        subjects_due_at=told_by,
        supplement_due_at=business_days.add(communicated_at or known_at, SUPPLEMENT_DAYS),
        kept_until=_years_after(registered_at, REGISTER_YEARS),
    )


def _years_after(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # 29 February: kept a day longer rather than one too few
        return moment.replace(year=moment.year + years, month=3, day=1)
