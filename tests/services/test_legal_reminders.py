"""`services/legal_reminders.py`: when somebody is told of a deadline, as plain arithmetic."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.legal_bases import BASES
from app.core import business_days
from app.services.legal_clocks import due_at
from app.services.legal_reminders import AHEAD, step_of, steps_before

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""Noon in São Paulo."""


@dataclass(frozen=True, slots=True)
class Waiting:
    basis: str
    submitted_at: datetime
    legal_due_at: datetime


def waiting(basis: str, asked_for: datetime | None = None) -> Waiting:
    return Waiting(basis, MONDAY, due_at(BASES[basis], MONDAY, asked_for))


def at(day: int, hour: int = 8, month: int = 12) -> datetime:
    """An hour in São Paulo."""
    return datetime(2026, month, day, hour, tzinfo=business_days.ZONE)


def test_business_days_are_counted_back_over_holidays() -> None:
    request = waiting("mci_10_3")
    assert request.legal_due_at.astimezone(business_days.ZONE).date() == at(7).date()
    steps = steps_before(BASES["mci_10_3"], MONDAY, request.legal_due_at)
    assert steps == {"5d": at(30, month=11), "2d": at(3), "1d": at(4)}
    # Christmas and New Year are no business days.
    assert business_days.day_before(date(2027, 1, 4), 5) == date(2026, 12, 24)


def test_an_emergency_is_told_at_half_and_at_a_quarter_of_its_time() -> None:
    steps = steps_before(BASES["lgpd_7_vii"], MONDAY, MONDAY + timedelta(hours=6))
    assert steps == {
        "1/2": MONDAY + timedelta(hours=3),
        "1/4": MONDAY + timedelta(hours=4.5),
    }


def test_of_a_time_cut_short_the_parts_are_taken_of_what_there_is() -> None:
    request = waiting("cpp_13a", MONDAY + timedelta(hours=8))
    steps = steps_before(BASES["cpp_13a"], MONDAY, request.legal_due_at)
    assert list(steps.values()) == [MONDAY + timedelta(hours=4), MONDAY + timedelta(hours=6)]


def test_a_deadline_that_moved_keeps_its_parts() -> None:
    """Information came late: the law's time has not grown by what the sender took."""
    due = MONDAY + timedelta(hours=24 + 100)
    steps = steps_before(BASES["cpp_13a"], MONDAY, due)
    assert list(steps.values()) == [due - timedelta(hours=12), due - timedelta(hours=6)]


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (MONDAY, None),
        (at(30, 7, month=11), None),
        (at(30, month=11), "5d"),
        (at(2, 23), "5d"),
        (at(3), "2d"),
        (at(6), "1d"),
        (at(8, 7), None),
        (at(8), "+2026-12-08"),
        (at(9, 23), "+2026-12-09"),
    ],
)
def test_the_step_of_a_deadline_in_days(now: datetime, step: str | None) -> None:
    assert step_of(waiting("mci_10_3"), now) == step


@pytest.mark.parametrize(
    ("hours", "step"),
    [(2.9, None), (3, "1/2"), (4.5, "1/4"), (6, "1/4"), (6.1, "+0h"), (7.5, "+1h"), (30.5, "+24h")],
)
def test_the_step_of_a_deadline_in_hours(hours: float, step: str | None) -> None:
    assert step_of(waiting("lgpd_7_vii"), MONDAY + timedelta(hours=hours)) == step


@given(st.sampled_from(sorted(BASES)), st.integers(0, 24 * 40), st.integers(1, 24 * 40))
def test_no_step_is_earlier_than_what_is_looked_at(basis: str, received: int, given_: int) -> None:
    start = MONDAY + timedelta(hours=received)
    due = due_at(BASES[basis], start, start + timedelta(hours=given_))
    steps = list(steps_before(BASES[basis], start, due).values())
    assert steps == sorted(steps)
    assert all(due - AHEAD < step < due for step in steps)
