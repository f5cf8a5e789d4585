"""`app/core/business_days.py`: Brazil's national calendar, counted in its own zone."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.business_days import ZONE, add, is_business_day

AT_NOON = 15  # UTC: noon in São Paulo


def noon(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=AT_NOON, tzinfo=UTC)


def last_day(moment: datetime, days: int) -> str:
    return add(moment, days).astimezone(ZONE).date().isoformat()


@pytest.mark.parametrize(
    ("known", "days", "due"),
    [
        ("2026-03-09", 1, "2026-03-10"),
        ("2026-03-09", 3, "2026-03-12"),
        ("2026-03-12", 3, "2026-03-17"),  # over a weekend
        ("2026-03-14", 3, "2026-03-18"),  # known on a Saturday
        ("2026-02-13", 3, "2026-02-18"),  # carnival (16 and 17 February) is no national holiday
        ("2026-06-03", 1, "2026-06-04"),  # nor is Corpus Christi
        ("2026-04-01", 3, "2026-04-07"),  # Good Friday is
        ("2026-11-19", 1, "2026-11-23"),  # 20 November is, since 2024 (Lei 14.759/2023)
        ("2023-11-17", 1, "2023-11-20"),  # and was not before
        ("2026-12-23", 3, "2026-12-29"),  # Christmas
        ("2026-12-30", 3, "2027-01-05"),  # the end of the year
        ("2026-03-09", 6, "2026-03-17"),  # a small agent's double
        ("2026-12-10", 20, "2027-01-11"),
    ],
)
def test_deadlines_fall_where_the_calendar_says(known: str, days: int, due: str) -> None:
    assert last_day(noon(known), days) == due


def test_the_last_day_ends_with_its_last_second_in_sao_paulo() -> None:
    assert add(noon("2026-03-09"), 1) == datetime(2026, 3, 11, 2, 59, 59, tzinfo=UTC)
    assert add(noon("2026-03-09"), 1).utcoffset() == timedelta(0)


def test_the_day_is_sao_paulos_whatever_zone_the_moment_is_in() -> None:
    late = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)  # still the evening of the 9th
    assert last_day(late, 1) == "2026-03-10"
    for zone in (timezone(timedelta(hours=14)), ZoneInfo("Asia/Tokyo"), ZONE):
        assert add(late.astimezone(zone), 1) == add(late, 1)
    assert last_day(datetime(2026, 3, 10, 3, 0, tzinfo=UTC), 1) == "2026-03-11"


def test_summer_time_is_counted_where_there_was_any() -> None:
    # Set forward over midnight into Sunday, 4 November 2018: from then on two hours behind UTC.
    assert add(noon("2018-11-03"), 1) == datetime(2018, 11, 6, 1, 59, 59, tzinfo=UTC)
    # Set back over midnight at the end of Saturday, 16 February 2019.
    assert add(noon("2019-02-15"), 1) == datetime(2019, 2, 19, 2, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, -1])
def test_a_deadline_lies_ahead(days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        add(noon("2026-03-09"), days)


def test_a_naive_moment_has_no_deadline() -> None:
    with pytest.raises(ValueError, match="zone"):
        add(datetime(2026, 3, 9, 12), 3)  # noqa: DTZ001 - naive on purpose


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 30),
)
def test_as_many_business_days_lie_between_as_were_asked(moment: datetime, days: int) -> None:
    due = add(moment, days)
    first, last = moment.astimezone(ZONE).date(), due.astimezone(ZONE).date()
    between = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    assert sum(map(is_business_day, between)) == days
    assert is_business_day(last)
    assert due > moment
