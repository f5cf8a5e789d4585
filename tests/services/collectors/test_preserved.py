"""`app/services/collectors/preserved.py`: rows of today and copies, united in one pass."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.projection.plans import View
from app.services.collectors.preserved import Past, united
from app.services.held_copies import Kept

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
T = TypeVar("T")
Rows = dict[int, str]
"""By the record's number, the name in its row."""


def past(**options: Any) -> Past:
    """What the plan shows of a copy is its name; hidden from the authority is its note."""
    known: dict[str, Any] = {"erased": False, "ends": None, **options}
    return Past(
        view=lambda row: View(name=row["name"]),
        admits=lambda row: bool(row["name"] != "foreign"),
        now=NOW,
        **known,
    )


def copies_of(*holds: Rows) -> list[Kept]:
    """One after the other, a day apart; each with a note of its own."""
    found = [
        Kept(UUID(int=number), NOW - timedelta(days=30 - place), {"name": name, "note": place})
        for place, hold in enumerate(holds)
        for number, name in hold.items()
    ]
    return sorted(found, key=lambda kept: (kept.record_id, kept.taken_at))


async def paged(rows: Sequence[T], size: int) -> AsyncGenerator[list[T], None]:
    for start in range(0, len(rows), size):
        yield list(rows[start : start + size])


async def given_of(live: Rows, *holds: Rows, size: int = 3, **options: Any) -> list[Any]:
    today = [(UUID(int=number), View(name=name)) for number, name in sorted(live.items())]
    kept = copies_of(*holds)
    batches = united(paged(today, size), paged(kept, size), past(**options), size)
    found = []
    async for batch in batches:
        assert 0 < len(batch) <= size
        found += [(row["name"], row["provenance"]["because"]) for row in batch]
    return found


NAMES = st.sampled_from(["ana", "bia", "foreign"])
ROWS = st.dictionaries(st.integers(1, 12), NAMES, max_size=12)


@given(live=ROWS, holds=st.lists(ROWS, max_size=3), size=st.integers(1, 5))
@pytest.mark.asyncio
async def test_each_form_is_given_once_in_the_order_of_ids(
    live: Rows, holds: list[Rows], size: int
) -> None:
    expected: list[tuple[str, str | None]] = []
    for number in range(1, 13):
        forms: list[str] = []
        if number in live:
            forms.append(live[number])
            expected.append((live[number], None))
        for hold in holds:
            name = hold.get(number)
            if name is not None and name != "foreign" and name not in forms:
                forms.append(name)
                expected.append((name, "edited" if number in live else "erased"))
    assert await given_of(live, *holds, size=size) == expected


@pytest.mark.asyncio
async def test_it_says_why_the_data_of_today_do_not_have_it() -> None:
    assert await given_of({1: "ana"}, {1: "bia", 2: "eva"}) == [
        *[("ana", None), ("bia", "edited"), ("eva", "erased")]
    ]
    assert await given_of({1: ""}, {1: "bia"}, erased=True) == [("", None), ("bia", "erased")]


@pytest.mark.parametrize(("moment", "because"), [(NOW, "expired"), (None, "erased")])
@pytest.mark.asyncio
async def test_what_is_gone_expired_if_its_time_was_over(
    moment: datetime | None, because: str
) -> None:
    ends = (moment or NOW + timedelta(microseconds=1)).isoformat()
    row = {"name": "ana", "kept_until": ends}
    found = [
        (row["provenance"]["because"], row["provenance"]["kept_at"])
        async for batch in united(
            paged([], 1), paged([Kept(UUID(int=1), NOW, row)], 1), past(ends="kept_until"), 9
        )
        for row in batch
    ]
    assert found == [(because, NOW)]
