"""`app/core/ids.py`: UUIDv7, and the ones that tell only the month."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import system_clock
from app.core.ids import coarse_id, fresh_id_at, id_at, new_id

MOMENTS = st.integers(86_400_000_000, 220_000_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(one: UUID) -> int:
    return one.int >> 80


def test_ids_are_of_version_seven_and_come_in_order() -> None:
    before = int(system_clock().timestamp() * 1000)
    made = [new_id() for _ in range(1000)]
    after = int(system_clock().timestamp() * 1000)
    assert made == sorted(made)
    assert len(set(made)) == 1000
    for one in made:
        assert type(one) is UUID  # not a subclass: serialisers compare exactly
        assert (one.version, one.variant) == (7, "specified in RFC 4122")
        assert before <= milliseconds(one) <= after


@given(moment=MOMENTS)
def test_the_border_of_a_moment_is_the_smallest_id_of_its_millisecond(moment: datetime) -> None:
    border = id_at(moment)
    assert (border.version, border.variant) == (7, "specified in RFC 4122")
    assert milliseconds(border) == (moment - EPOCH) // timedelta(milliseconds=1)
    assert border.int & ((1 << 62) - 1) == 0
    assert id_at(moment + timedelta(milliseconds=1)) > border
    assert id_at(moment - timedelta(milliseconds=1)) < border


def test_the_border_parts_ids_made_before_and_after() -> None:
    before = new_id()
    border = id_at(system_clock() + timedelta(milliseconds=1))
    assert before < border
    assert id_at(system_clock() - timedelta(seconds=1)) < before


@given(moment=MOMENTS)
def test_a_fresh_id_of_a_moment_lies_in_its_millisecond(moment: datetime) -> None:
    made = {fresh_id_at(moment) for _ in range(8)}
    assert len(made) == 8
    for each in made:
        assert (each.version, each.variant) == (7, "specified in RFC 4122")
        assert id_at(moment) <= each < id_at(moment + timedelta(milliseconds=1))


@given(moment=MOMENTS)
def test_a_coarse_id_tells_the_month_and_no_more(moment: datetime) -> None:
    made = coarse_id(moment)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert datetime.fromtimestamp(milliseconds(made) / 1000, UTC) == moment.replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )


def test_a_coarse_ids_month_is_that_of_utc() -> None:
    new_year = datetime(2026, 12, 31, 23, tzinfo=timezone(timedelta(hours=-3)))
    assert milliseconds(coarse_id(new_year)) == milliseconds(
        id_at(datetime(2027, 1, 1, tzinfo=UTC))
    )


def test_coarse_ids_say_nothing_of_the_order_in_which_they_were_made() -> None:
    now = system_clock()
    made = [coarse_id(now) for _ in range(64)]
    assert len(set(made)) == 64
    assert made not in (sorted(made), sorted(made, reverse=True))
