import math
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security import recovery_codes
from app.security.recovery_codes import LONGEST_TYPED, digest, new_codes, normalise

KEY = bytes(range(32))
MARIA, ANA = UUID(int=1), UUID(int=2)
LETTERS = "34679ABCDEFGHJKMNPQRSTVWXYZ"


def test_ten_codes_that_can_be_read_aloud() -> None:
    codes = new_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert re.fullmatch(f"[{LETTERS}]{{4}}(-[{LETTERS}]{{4}}){{3}}", code)


def test_they_cannot_be_guessed() -> None:
    assert math.log2(len(LETTERS) ** 16) > 60
    every = {code for _ in range(200) for code in new_codes()}
    assert len(every) == 2000
    assert set("".join(every)) == {*LETTERS, "-"}


@pytest.mark.parametrize("pair", ["0O", "1I", "1L", "IL", "2Z", "5S", "8B", "UV"])
def test_of_two_letters_that_look_alike_at_most_one_is_used(pair: str) -> None:
    assert len(set(pair) & set(LETTERS)) <= 1


@pytest.mark.parametrize(
    "typed",
    [
        "K3QM-3XDW-9FTA-HR4V",
        "k3qm-3xdw-9fta-hr4v",
        "K3QM3XDW9FTAHR4V",
        "  K3QM 3XDW\t9FTA HR4V\n",
        "K3QM\u00a03XDW\u20139FTA\u2212HR4V",
        "\uff2b3QM-3XDW-9FTA-HR4V",  # full width
        "K3QM-3XDW-9FTA-HR4U",  # misread
    ],
)
def test_it_is_understood_however_it_was_typed(typed: str) -> None:
    assert normalise(typed) == "K3QM3XDW9FTAHR4V"


def test_what_was_misread_is_understood() -> None:
    assert normalise("2Z22-5S55-8B88-UVUU") == "ZZZZSSSSBBBBVVVV"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "K3QM-3XDW-9FTA-HR4",
        "K3QM-3XDW-9FTA-HR4VV",
        "K3QM-3XDW-9FTA-HR4O",
        "K3QM-3XDW-9FTA-HR4\u00c0",
        "K3QM-3XDW-9FTA-HR4\ud800",
        "K3QM-3XDW-9FTA-HR4\0",
        "K3QM3XDW9FTAHR4V" + " " * LONGEST_TYPED,
    ],
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normalise(typed) is None


@given(st.text(st.characters(), max_size=80))
def test_no_text_makes_it_fail(typed: str) -> None:
    folded = normalise(typed)
    assert folded is None or normalise(folded) == folded


@given(st.integers(0, 9))
def test_what_is_given_out_is_taken_back(place: int) -> None:
    code = new_codes()[place]
    assert normalise(code) == code.replace("-", "")


def test_a_digest_needs_the_key_and_the_holder() -> None:
    mark = digest(KEY, MARIA, "K3QM3XDW9FTAHR4V")
    assert len(mark) == 32
    assert mark == digest(KEY, MARIA, "K3QM3XDW9FTAHR4V")
    others = {
        digest(bytes(32), MARIA, "K3QM3XDW9FTAHR4V"),
        digest(KEY, ANA, "K3QM3XDW9FTAHR4V"),
        digest(KEY, MARIA, "K3QM3XDW9FTAHR4W"),
    }
    assert len({mark, *others}) == 4


def test_the_alphabet_here_is_the_one_in_use() -> None:
    assert recovery_codes._ALPHABET == LETTERS
