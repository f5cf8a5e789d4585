"""`app/security/csrf.py`: a token for each session, and for no other."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.csrf import CsrfTokens

TOKENS = CsrfTokens(b"k" * 32)
ONE, OTHER = UUID(int=1), UUID(int=2)


def test_a_session_has_one_token_and_it_fits_no_other() -> None:
    token = TOKENS.of(ONE)
    assert len(token) == 43
    assert TOKENS.of(ONE) == token
    assert TOKENS.holds(token, ONE)
    assert not TOKENS.holds(token, OTHER)
    assert not CsrfTokens(b"x" * 32).holds(token, ONE)


@pytest.mark.parametrize("wrong", ["", "\ud800", "é", "\0", "x" * 100_000, str(ONE)])
def test_anything_else_is_refused(wrong: str) -> None:
    assert not TOKENS.holds(wrong, ONE)


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    assert not TOKENS.holds(text, ONE)
