"""`app/security/misspellings.py`: slips of the finger, and what a browser would draw."""

import re

import pytest

from app.security.asking_words import OFTEN_MISTYPED, REAL_WORDS
from app.security.misspellings import misspellings, untagged

EACH = misspellings(OFTEN_MISTYPED, ())


@pytest.mark.parametrize(
    "slip", ["snha", "sehna", "esnha", "senah", "senja", "xenha", "sennha", "osenha"]
)
def test_one_slip_is_known(slip: str) -> None:
    assert EACH[slip] == "senha"
    assert EACH["passowrd"] == "password"


@pytest.mark.parametrize("other", ["desenha", "resenha", "minha", "senhor", "ganha", "sna", ""])
def test_two_slips_are_another_word(other: str) -> None:
    assert other not in EACH


def test_real_words_are_spared_and_no_others_are_named() -> None:
    real = REAL_WORDS.split()
    assert set(EACH) >= set(real)
    assert misspellings(OFTEN_MISTYPED, real).keys().isdisjoint(real)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("sen<b>ha</b>", "senha"),
        ("sen<!-- x -->ha", "senha"),
        ('sen<span class="x">ha</span>', "senha"),
        ("sen<BR/>ha", "sen\nha"),
        ("<p>um</p><p>dois</p>", "\num\n\ndois\n"),
        ("s&#101;nha &amp; sen&shy;ha", "senha & sen\u00adha"),
        ("1 < 2 e 3 > 2 <3", "1 < 2 e 3 > 2 <3"),
        ("a <b", "a <b"),
    ],
)
def test_what_a_browser_draws(text: str, drawn: str) -> None:
    assert untagged(text) == drawn


def test_nothing_is_left_that_is_a_tag() -> None:
    assert not re.search(r"<[a-z]", untagged("<a" * 3 + ">" + "<i x='1'>y</i>").partition(">")[2])
