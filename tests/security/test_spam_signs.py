"""`app/security/spam_signs.py`: the signs in texts, as the file of texts says, and their weight."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.folding import fold
from app.security.spam_signs import PHRASES, SUSPECT, WEIGHTS, signs_in, weighed

FILE = Path(__file__).parent / "texts" / "contacts.txt"
TEXTS = [
    tuple(part.strip() for part in line.split("|", 1))
    for line in FILE.read_text().splitlines()
    if line and not line.startswith("#")
]
FLOODS = {"flood_of_links", "link_only"}
SENDING = {
    *("trap_filled", "too_quick", "token_missing", "token_expired", "token_used"),
    *("work_missing", "other_network"),
}


@pytest.mark.parametrize(("signs", "text"), TEXTS)
def test_a_text_has_its_signs(signs: str, text: str) -> None:
    expected = set(signs.split(",")) - {"-"}
    assert set(signs_in(text)) == expected
    # One sign may be an accident; honest people write two links, or name a product.
    alone = len(expected - {"links"}) <= 1 and not expected & FLOODS
    assert (sum(weighed(expected).values()) < SUSPECT) == alone


def test_lines_beside_the_message_count_too() -> None:
    assert signs_in("Um site, por favor.", "www.compre.example", None, "") == ("link_in_name",)
    assert signs_in("Um site, por favor.", "Casino") == ("gambling",)


def test_no_sign_of_content_sets_apart_alone_but_floods() -> None:
    alone = {sign for sign, weight in WEIGHTS.items() if weight >= SUSPECT}
    assert alone - SENDING == FLOODS
    assert set(PHRASES) <= set(WEIGHTS)
    assert all(fold(phrase) == phrase for phrases in PHRASES.values() for phrase in phrases)


def test_signs_are_kept_once_and_in_order() -> None:
    kept = weighed(("gambling", "links", "gambling"))
    assert list(kept.items()) == [("links", 15), ("gambling", 70)]
    with pytest.raises(KeyError):
        weighed(("unknown",))


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert set(signs_in(text, text)) <= set(WEIGHTS)


@pytest.mark.parametrize(
    "unit", ["http://", "www.", "<a ", "[url=", "](http://", "casino ", "bit.ly/", "a.b", "\u0301"]
)
def test_a_long_text_takes_no_long_time(unit: str) -> None:
    started = time.perf_counter()
    signs_in(unit * (5000 // len(unit) + 1))
    assert time.perf_counter() - started < 1
