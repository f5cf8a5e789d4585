"""CEP and UF."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.addresses import STATES, normalise_postal_code, normalise_state
from app.core.text import FieldRefused
from tests.support.formats import POSTAL_CODES

ANY_TEXT = st.text(st.characters(codec=None)) | st.text("0123456789.- \n", max_size=12)


@pytest.mark.parametrize("text", ["01310100", "01310-100", "01.310-100", " 01310-100\u00a0"])
def test_a_postal_code_is_eight_digits(text: str) -> None:
    assert normalise_postal_code(text) == "01310100"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00000000",
        "00000-000",
        "0131010",
        "013101000",
        "0131-0100",
        "01310--100",
        "01310100\n",
        "０１３１０１００",
        "٠١٣١٠١٠٠",
        "01310\u0000100",
        "\ud800",
        "1" * 1_000_000,
    ],
)
def test_anything_else_is_no_postal_code(text: str) -> None:
    with pytest.raises(FieldRefused, match=r"^invalid_postal_code$"):
        normalise_postal_code(text)


@given(code=POSTAL_CODES)
def test_all_but_zeros_are_taken(code: str) -> None:
    assert normalise_postal_code(code) == code


@given(text=ANY_TEXT)
def test_postal_codes_are_total(text: str) -> None:
    try:
        code = normalise_postal_code(text)
    except FieldRefused:
        return
    assert len(code) == 8
    assert code.isascii()
    assert code.isdecimal()


def test_there_are_27_states() -> None:
    assert len(STATES) == len(set(STATES)) == 27
    assert list(STATES) == sorted(STATES)
    assert {normalise_state(f" {code.lower()} ") for code in STATES} == set(STATES)


@pytest.mark.parametrize(
    "text", ["", "XX", "SPP", "S P", "SP\n", "\uff33\uff30", "\u017fp", "\ud800", "SP" * 500_000]
)
def test_anything_else_is_no_state(text: str) -> None:
    with pytest.raises(FieldRefused, match=r"^invalid_state$"):
        normalise_state(text)
