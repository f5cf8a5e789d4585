"""`app/core/moments.py`."""

from datetime import UTC, date, datetime

import pytest

from app.core.moments import months_before, parse_day, parse_moment, parse_month
from app.core.text import FieldRefused


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123456789-03:00", datetime(2026, 1, 31, 15, 0, 0, 123456, UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment
    assert parse_moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12Z", "20260131T120000Z"),
        *("2026-02-30T12:00:00Z", "2026-01-31T24:30:00Z", "2026-W05-6T12:00:00Z"),
        *("2026-01-31T12:00:00Z\n", "2026-01-31T12:00:00 Z", "２０２６-01-31T12:00:00Z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "\ud800", "1769860800"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match="invalid_datetime"):
        parse_moment(text)


def test_a_month_is_read_as_its_first_day() -> None:
    assert parse_month("2026-02") == date(2026, 2, 1)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-2", "2026-00", "2026-13", "202602", "0000-01", "2026-02-01", "2026-02\n"],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match="invalid_month"):
        parse_month(text)


def test_a_day_is_read() -> None:
    assert parse_day("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-29",
        "20260131",
        "2026-W05-6",
        "2026-1-31",
        "2026-01-31\n",
        "2026-01-31T00:00:00Z",
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match="invalid_date"):
        parse_day(text)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ((2026, 11, 24), 13, (2025, 10, 24)),
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2028, 3, 31), 1, (2028, 2, 29)),
        ((2026, 1, 31), 1, (2025, 12, 31)),
        ((2026, 12, 31), 12, (2025, 12, 31)),
        ((2026, 5, 31), 0, (2026, 5, 31)),
    ],
)
def test_months_before_keep_the_day_if_there_is_one(
    day: tuple[int, int, int], months: int, before: tuple[int, int, int]
) -> None:
    moment = datetime(*day, 12, 30, tzinfo=UTC)
    assert months_before(moment, months) == datetime(*before, 12, 30, tzinfo=UTC)
