"""Telephone numbers become E.164 or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.phones import normalise_phone
from app.core.text import FieldRefused
from tests.support.formats import MOBILES

ANY_TEXT = st.text(st.characters(codec=None)) | st.text("0123456789+-(). x\n", max_size=24)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("(11) 991186040", "+5511991186040"),
        ("+5511965171986", "+5511965171986"),
        (" 11 96517-1986\u00a0", "+5511965171986"),
        ("+55 (11) 96517.1986", "+5511965171986"),
        ("1132345678", "+551132345678"),
        ("0800 123 4567", "+558001234567"),
        ("+1 650 253 0000", "+16502530000"),
    ],
)
def test_numbers_become_e164(text: str, e164: str) -> None:
    assert normalise_phone(text) == e164
    assert normalise_phone(e164) == e164


def test_the_region_gives_the_country() -> None:
    assert normalise_phone("213 123 456", "PT") == "+351213123456"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "()",
        "190",
        "(20) 99118-6040",  # no such area code
        "(11) 91186040",  # a mobile without its ninth digit
        "91186040",
        "(11) 99118-60401",
        "+99 11 99118-6040",
        "１１９９１１８６０４０",
        "11 99118-6040 ramal 5",
        "+55 11 96517-1986;ext=5",
        "tel:+5511965171986",
        "1-800-FLOWERS",
        "11991186040\n",
        "11\t991186040",
        "****6040",
        "\u0000",
        "\ud800",
        "+" * 1_000_000,
        "9" * 1_000_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match=r"^invalid_phone$") as caught:
        normalise_phone(text)
    assert caught.value.__context__ is None


@given(number=MOBILES)
def test_mobiles_are_taken(number: str) -> None:
    assert normalise_phone(number) == number


@given(text=ANY_TEXT)
def test_phones_are_total(text: str) -> None:
    try:
        e164 = normalise_phone(text)
    except FieldRefused:
        return
    assert len(e164) <= 16
    assert e164[0] == "+"
    assert e164[1:].isascii()
    assert e164[1:].isdecimal()
    assert normalise_phone(e164) == e164
