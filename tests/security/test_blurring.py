"""Figures are blurred so that one visitor is not seen in them, whatever the asker does."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.blurring import (
    MOST_EACH,
    SCALE,
    SHOWN_FROM,
    SMALLEST,
    STEP,
    WIDEST,
    Blur,
)

PATH = ("2026-10", "path", "/planos")
FACTOR = 1.4
"""e to the power of 1/3."""
BLURS = [Blur(number.to_bytes(32)) for number in range(6000)]

QUESTIONS = st.lists(st.none() | st.text(max_size=8), max_size=4).map(tuple)


@given(st.binary(min_size=32, max_size=32), QUESTIONS, st.integers(min_value=0, max_value=100_000))
def test_an_answer_is_near_and_a_small_group_is_none(
    key: bytes, question: tuple[str | None, ...], true: int
) -> None:
    blur = Blur(key)
    visitors, events = blur.visitors(question, true), blur.events(question, true)
    if true < SMALLEST:
        assert visitors is None
    if true >= SHOWN_FROM + 2 * WIDEST:
        assert visitors is not None
    if visitors is not None:
        assert visitors % STEP == 0
        assert visitors >= SHOWN_FROM // STEP * STEP
        assert -2 * WIDEST - STEP < visitors - true <= 2 * WIDEST
    assert events % STEP == 0
    assert events - true > -2 * WIDEST * MOST_EACH - STEP
    assert events == 0 or events - true <= 2 * WIDEST * MOST_EACH
    again = Blur(key)
    assert (again.visitors(question, true), again.events(question, true)) == (visitors, events)


def test_noise_is_of_the_group_the_month_and_the_key() -> None:
    def seen(blur: Blur, *question: str | None) -> list[int | None]:
        return [blur.visitors(question, true) for true in range(50, 90)]

    one, other = BLURS[:2]
    asked = [
        seen(one, *PATH),
        seen(other, *PATH),
        seen(one, "2026-09", "path", "/planos"),
        seen(one, "2026-10", "path", "/contato"),
        seen(one, "2026-10", "referrer", None),
        seen(one, "2026-10", "referrer", "null"),
        seen(one, "2026-10"),
    ]
    assert len(set(map(tuple, asked))) == len(asked)


@pytest.mark.parametrize("padding", [9, 19, 29, SHOWN_FROM - 1, 39, 45, 49, 59, 99])
def test_one_visitor_among_forged_ones_hardly_changes_an_answer(padding: int) -> None:
    """Of any answer: as likely without them as with them, up to the promised factor."""
    without, with_them = (
        Counter(blur.visitors(PATH, true) for blur in BLURS) for true in (padding, padding + 1)
    )
    assert_alike(without, with_them)


@pytest.mark.parametrize("added", range(1, MOST_EACH + 1))
def test_nor_do_their_events(added: int) -> None:
    for padding in (95, 98, 100):
        without, with_them = (
            Counter(blur.events(PATH, true) for blur in BLURS)
            for true in (padding, padding + added)
        )
        assert_alike(without, with_them)


def assert_alike(one: Mapping[Any, int], other: Mapping[Any, int]) -> None:
    for answer in one.keys() | other.keys():
        few, many = sorted((one.get(answer, 0), other.get(answer, 0)))
        by_chance = 4 * many**0.5 + 0.004 * len(BLURS)
        assert many <= FACTOR * few + by_chance, answer


@pytest.mark.parametrize(
    ("ask", "weight"), [(Blur.visitors, 1), (Blur.events, 1), (Blur.events, MOST_EACH)]
)
def test_taking_forged_visitors_back_one_by_one_tells_nothing_more(
    ask: Callable[[Blur, tuple[str, ...], int], int | None], weight: int
) -> None:
    """The asker put 200 there, reads, takes one back, reads, and averages what they learnt.

    The second part of the noise goes that way. What stays is the first part, and with it the best
    guess whether there is one visitor of somebody else is right in e^(1/3) of 1 + e^(1/3) cases.
    """
    right = 0
    forged = [weight * number for number in range(60, 200)]
    middle = expected(forged) + weight / 2
    for place, blur in enumerate(BLURS[:600]):
        there = place % 2
        answers = [ask(blur, PATH, true + weight * there) for true in forged]
        right += (average(answers) > middle) == bool(there)
    best = FACTOR / (1 + FACTOR)
    assert right / 600 < best + 0.06


def average(answers: Iterable[int | None]) -> float:
    known = [answer for answer in answers if answer is not None]
    return sum(known) / len(known)


def expected(true: list[int]) -> float:
    """Of answers to these, which are rounded down."""
    return sum(true) / len(true) - (STEP - 1) / 2


def test_the_promised_factor_is_that_of_the_noise() -> None:
    assert 2.718281828 ** (1 / SCALE) < FACTOR
    assert STEP == SMALLEST == 10
