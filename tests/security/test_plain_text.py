"""Text as a guesser reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.plain_text import as_letters, only_letters_and_digits, plain, unaccented


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("AÇÚCAR é doce", "acucar e doce"),
        ("\uff33enha", "senha"),  # a full-width S
        ("e\u0301", "e"),
        ("Weiß", "weiss"),
        ("ﬁm", "fim"),
        ("Пароль", "пароль"),
        ("s3nh@!", "s3nh@!"),
        ("", ""),
    ],
)
def test_accents_and_case_go(text: str, read: str) -> None:
    assert plain(text) == read


def test_case_may_stay() -> None:
    assert unaccented("AÇÚCAR") == "ACUCAR"


@pytest.mark.parametrize(
    ("text", "read"),
    [("s3nh@", "senha"), ("p4$$w0rd", "password"), ("1ris", "iris"), ("7ia", "tia")],
)
def test_digits_and_symbols_stand_for_letters(text: str, read: str) -> None:
    assert as_letters(text) == read


def test_a_seven_may_be_an_l() -> None:
    assert as_letters("7ua", "l") == "lua"


def test_a_word_is_put_together_again() -> None:
    assert only_letters_and_digits("m.a-r i_a 7") == "maria7"


@given(text=st.text(st.characters(codec=None), max_size=200))
def test_reading_is_total_and_reading_again_changes_nothing(text: str) -> None:
    read = as_letters(plain(text))
    assert as_letters(read) == read
    only_letters_and_digits(read)
