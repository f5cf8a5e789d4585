"""`services/transparency_figures.py` and `transparency_periods.py`: what is counted, and when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.access import legal_bases, legal_reasons
from app.services.transparency_figures import (
    BASES,
    KINDS,
    OUTCOMES,
    REASONS,
    Received,
    Step,
    fate_of,
    of_half,
    of_whole_year,
)
from app.services.transparency_groups import OTHER
from app.services.transparency_periods import Period

RECEIVED = datetime(2026, 3, 2, 12, tzinfo=UTC)
HALF_NAMES = [("2026", None), ("2026-H1", 1), ("2026-H2", 2)]


def request(*deeds: str, hours: float = 24, customer: int | None = None, **of: Any) -> Received:
    """A request with these steps, `hours` apart: ``deed``, ``deed:origin`` or ``deed=reason``."""
    steps = []
    for number, deed in enumerate(deeds, start=1):
        name, _, reason = deed.partition("=")
        name, _, origin = name.partition(":")
        steps.append(Step(name, origin, RECEIVED + number * timedelta(hours=hours), reason or None))
    customers = frozenset() if customer is None else frozenset([customer])
    kind, basis = of.get("kind", "registration_data"), of.get("basis", "mci_10_3")
    return Received(kind, basis, RECEIVED, steps, customers)


@pytest.mark.parametrize(
    ("deeds", "outcome"),
    [
        ((), "open"),
        (("forward:legal_review", "approve", "deliver"), "granted"),
        (("narrow", "forward:narrowed", "approve", "deliver"), "narrowed"),
        (("narrow", "return", "forward:legal_review", "approve", "deliver"), "granted"),
        (("reject=no_competence", "close"), "refused"),
        (("reject=no_competence", "appeal", "resume"), "open"),
        (("reject=no_competence", "appeal", "dismiss"), "refused"),
        (("withdraw",), "withdrawn"),
        (("ask", "lapse:information_requested"), "expired"),
        (("forward:legal_review", "deliver", "lapse:delivered"), "granted"),
        (("contest",), "contested"),
    ],
)
def test_what_became_of_a_request(deeds: tuple[str, ...], outcome: str) -> None:
    fate = fate_of(request(*deeds))
    assert fate.outcome == outcome
    assert (fate.reason is not None) == (outcome == "refused")


def test_the_time_to_answer_is_that_to_the_first_answer() -> None:
    again = request("reject=duplicate", "appeal", "resume", "forward:legal_review", "deliver")
    assert fate_of(again).answered_after == timedelta(hours=24)
    assert fate_of(request("withdraw")).answered_after is None


def test_every_name_has_its_place_in_the_order_of_giving_up() -> None:
    assert sorted(KINDS) == sorted(legal_bases.KINDS)
    assert sorted(BASES) == sorted(legal_bases.BASES)
    assert sorted(REASONS) == sorted(legal_reasons.REASONS)
    assert len(set(OUTCOMES)) == len(OUTCOMES)
    assert OTHER not in {*KINDS, *BASES, *REASONS, *OUTCOMES}


def granted(number: int, first: int = 0, **of: Any) -> list[Received]:
    return [
        request("forward:legal_review", "deliver", customer=first + each, **of)
        for each in range(number)
    ]


def refused(number: int, reason: str, **of: Any) -> list[Received]:
    return [request(f"reject={reason}", hours=2, **of) for _ in range(number)]


def test_the_figures_of_a_half_year() -> None:
    found = of_half(
        [
            *granted(12),
            *granted(11, kind="access_records", basis="mci_15_3"),
            *refused(10, "no_competence"),
            *refused(13, "duplicate", basis="lei_12850_15"),
            *[request("withdraw", kind="emergency", basis="lgpd_7_vii") for _ in range(3)],
        ]
    )
    assert found == {
        "received": 49,
        "by_kind": [
            {
                "kind": "registration_data",
                "requests": 35,
                "by_basis": [
                    {"basis": "mci_10_3", "requests": 22},
                    {"basis": "lei_12850_15", "requests": 13},
                ],
            },
            # Three emergencies are too few: the rarest kind that is not is given up to hide them.
            {"kind": "other", "requests": 14, "by_basis": []},
        ],
        "outcomes": [
            {"outcome": "granted", "requests": 23},
            {"outcome": "other", "requests": 26},
        ],
        "refused_by_reason": [],
        "customers_affected": 12,
        "median_hours_to_answer": 25,
    }


def test_a_half_year_with_fewer_than_ten_tells_nothing() -> None:
    found = of_half(granted(9))
    assert found == of_half([])
    assert set(map(str, found.values())) == {"None", "[]"}


def test_customers_are_counted_only_where_data_left() -> None:
    named_for_nothing = [request("reject=duplicate", customer=each) for each in range(20)]
    assert of_half(named_for_nothing)["customers_affected"] is None


def test_a_year_sums_what_its_halves_tell_and_no_more() -> None:
    one = [*granted(12), *granted(11, kind="access_records", basis="mci_15_3")]
    two = [*granted(30), *granted(2, kind="access_records", basis="mci_15_3")]
    halves = of_half(one), of_half(two)
    year = of_whole_year(halves, (one, two))
    assert year["received"] == 55
    # The second half hides how many asked for access records: the year must not tell it.
    assert halves[1]["by_kind"] == year["by_kind"] == []
    assert year["customers_affected"] == 12 + 30
    few = granted(9)
    assert of_whole_year((of_half(one), of_half(few)), (one, few))["received"] is None
    assert of_whole_year((of_half(few), of_half(few)), (few, few))["received"] is None


@pytest.mark.parametrize(("text", "half"), HALF_NAMES)
def test_periods_are_whole_and_their_names_are_read_back(text: str, half: int | None) -> None:
    period = Period.parse(text)
    assert (period.year, period.half, str(period)) == (2026, half, text)
    assert period.ends_at == period.next.starts_at
    assert period.first == date(2026, 7 if half == 2 else 1, 1)
    assert period.last == date(2026, 6, 30) if half == 1 else date(2026, 12, 31)
    assert period.starts_at.hour == 3  # midnight in America/Sao_Paulo


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-H3", "2026-H", "2026-H0", "+2026", "1999", "2100", "2026-H1 ", "２０２６"],
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="a year, or a half"):
        Period.parse(text)


def test_the_last_moment_of_a_half_year_is_in_it() -> None:
    end = datetime(2026, 7, 1, 2, 59, 59, tzinfo=UTC)
    assert str(Period.half_of(end)) == "2026-H1"
    assert str(Period.half_of(end + timedelta(seconds=1))) == "2026-H2"
