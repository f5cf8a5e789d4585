"""`app/services/incident_clocks.py`: what the regulation gives time for, to the day."""

from datetime import UTC, datetime, timedelta

from app.core.business_days import ZONE
from app.services.incident_clocks import clocks

KNOWN = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # a Wednesday; Friday the 20th is a holiday


def day(moment: datetime) -> str:
    return moment.astimezone(ZONE).date().isoformat()


def test_three_business_days_for_anpd_and_for_the_people() -> None:
    found = clocks(KNOWN, KNOWN)
    assert day(found.anpd_due_at) == day(found.subjects_due_at) == "2026-11-24"
    assert found.anpd_due_at == datetime(2026, 11, 25, 2, 59, 59, tzinfo=UTC)


def test_a_small_agent_has_twice_as_long_for_telling_and_no_longer_for_the_rest() -> None:
    large, small = clocks(KNOWN, KNOWN), clocks(KNOWN, KNOWN, small_agent=True)
    assert day(small.anpd_due_at) == day(small.subjects_due_at) == "2026-11-27"
    assert small.supplement_due_at == large.supplement_due_at
    assert small.kept_until == large.kept_until


def test_the_supplement_counts_from_the_communication_once_there_is_one() -> None:
    assert day(clocks(KNOWN, KNOWN).supplement_due_at) == "2026-12-17"
    told = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert day(clocks(KNOWN, KNOWN, communicated_at=told).supplement_due_at) == "2026-12-22"


def test_the_register_keeps_it_five_years_from_its_entry() -> None:
    registered = KNOWN + timedelta(hours=5)
    assert clocks(KNOWN, registered).kept_until == registered.replace(year=2031)
    leap = datetime(2028, 2, 29, 12, 0, tzinfo=UTC)
    assert clocks(KNOWN, leap).kept_until == datetime(2033, 3, 1, 12, 0, tzinfo=UTC)
