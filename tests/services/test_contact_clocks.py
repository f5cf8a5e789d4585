"""`app/services/contact_clocks.py`: fifteen days, and how long things are kept."""

from datetime import UTC, datetime

import pytest

from app.services.contact_clocks import due_at, kept_until


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 12, 8, 2, 59, 59, tzinfo=UTC)),
        # Still the 21st in São Paulo; and a last day that is a Sunday is the last all the same.
        (datetime(2026, 11, 22, 2, 59, tzinfo=UTC), datetime(2026, 12, 7, 2, 59, 59, tzinfo=UTC)),
        (datetime(2026, 12, 20, 12, tzinfo=UTC), datetime(2027, 1, 5, 2, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_full_answer_is_due_at_the_end_of_the_fifteenth_day(
    received: datetime, due: datetime
) -> None:
    assert due_at("privacy", received) == due
    assert due_at("contact", received) is None
    assert due_at("quote", received) is None


def test_privacy_is_kept_for_five_years_the_rest_for_two() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert kept_until("privacy", leap) == datetime(2033, 3, 1, 12, tzinfo=UTC)
    assert kept_until("contact", leap) == datetime(2030, 3, 1, 12, tzinfo=UTC)
    assert kept_until("quote", leap.replace(day=28)) == datetime(2030, 2, 28, 12, tzinfo=UTC)
