"""Numbers of lawsuits are taken with and without their separators, and with sound check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.process_numbers import normalise_process_number
from app.core.text import FieldRefused
from tests.support.formats import PROCESS_NUMBERS

ANY_TEXT = st.text(st.characters(codec=None)) | st.text("0123456789-. \n", max_size=28)


@given(PROCESS_NUMBERS)
def test_the_courts_own_way_of_writing_is_kept(number: str) -> None:
    assert normalise_process_number(number) == number
    bare = number.replace("-", "").replace(".", "")
    assert normalise_process_number(f" {bare} ") == number


@given(PROCESS_NUMBERS, st.data())
def test_one_wrong_digit_is_noticed(number: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([i for i, sign in enumerate(number) if sign.isdigit()]))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    with pytest.raises(FieldRefused, match="invalid_process_number"):
        normalise_process_number(number[:place] + other + number[place + 1 :])


@given(ANY_TEXT)
def test_whatever_is_sent_it_is_a_number_or_refused(text: str) -> None:
    try:
        number = normalise_process_number(text)
    except FieldRefused:
        return
    assert normalise_process_number(number) == number


@pytest.mark.parametrize("text", ["0001234-03.2026.8.26.0100\n", "٠٠٠١٢٣٤-03.2026.8.26.0100", ""])
def test_neither_a_line_end_nor_other_digits(text: str) -> None:
    with pytest.raises(FieldRefused):
        normalise_process_number(text)
