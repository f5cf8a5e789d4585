"""`app/security/form_tokens.py`: signed, readable by us alone, and the work that one wants."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.form_tokens import FormTokens, do, is_done

NOW = datetime(2026, 11, 24, 12, 0, 0, 123000, UTC)
NETWORK = "203.0.113.0/24"
TOKENS = FormTokens(b"k" * 32)
TOKEN = TOKENS.issue(NOW, 8, NETWORK)


def test_a_token_says_what_it_was_issued_with_and_no_two_are_alike() -> None:
    said = TOKENS.read(TOKEN)
    assert said is not None
    assert (said.issued_at, said.bits) == (NOW, 8)
    assert said.origin == TOKENS.origin(NETWORK) != TOKENS.origin(None)
    other = TOKENS.read(TOKENS.issue(NOW, 8, NETWORK))
    assert other is not None
    assert other.id != said.id
    assert NETWORK.encode() not in base64.urlsafe_b64decode(TOKEN + "=")


def test_a_token_is_good_under_its_own_key_alone() -> None:
    other = FormTokens(b"l" * 32)
    assert other.read(TOKEN) is None
    assert other.origin(NETWORK) != TOKENS.origin(NETWORK)


@pytest.mark.parametrize("place", [0, 1, 20, 30, 40, 60, 97, 98])
def test_a_token_with_one_character_changed_is_none(place: int) -> None:
    for replacement in "AB_z":
        changed = TOKEN[:place] + replacement + TOKEN[place + 1 :]
        assert changed == TOKEN or TOKENS.read(changed) is None


def test_other_texts_are_none() -> None:
    for text in ("", " ", TOKEN + "=", TOKEN[:-1], TOKEN + "A", "\ud800" * 99):
        assert TOKENS.read(text) is None, ascii(text)


@given(st.text(max_size=120))
def test_no_text_raises(text: str) -> None:
    assert TOKENS.read(text) is None
    assert not is_done(TOKEN, text, 64)


def test_work_is_done_for_one_token_and_one_difficulty() -> None:
    work = do(TOKEN, 8)
    assert is_done(TOKEN, work, 8)
    assert int(work) > 0
    assert not is_done(TOKEN, work, 40)
    assert not is_done(TOKENS.issue(NOW, 8, NETWORK), work, 30)
    for unfit in ("", " ", work + "\n", "\u0661", "x" * 65):
        assert not is_done(TOKEN, unfit, 0)
    assert is_done(TOKEN, "anything", 0)


@pytest.mark.parametrize("bits", [-1, 33])
def test_nobody_is_asked_for_what_takes_hours(bits: int) -> None:
    with pytest.raises(ValueError, match="that much work"):
        TOKENS.issue(NOW, bits, NETWORK)


def test_times_are_kept_to_the_millisecond() -> None:
    said = TOKENS.read(TOKENS.issue(NOW + timedelta(microseconds=999), 0, None))
    assert said is not None
    assert said.issued_at == NOW
