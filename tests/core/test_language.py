"""The language negotiated from Accept-Language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.language import LANGUAGES, negotiate


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "pt-BR"),
        ("", "pt-BR"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("en", "en"),
        ("EN-us", "en"),
        ("en-GB,en;q=0.9,pt;q=0.8", "en"),
        ("pt-BR,pt;q=0.9,en-US;q=0.8", "pt-BR"),
        ("en;q=0.3, pt;q=0.7", "pt-BR"),
        ("en;q=0.5,pt;q=0.5", "en"),
        ("fr, en;q=0.1", "en"),
        ("fr", "pt-BR"),
        ("*", "pt-BR"),
        ("pt;q=0, *", "en"),
        ("en;q=0", "pt-BR"),
        ("pt;q=0, en;q=0", "pt-BR"),
        ("en;q=2", "pt-BR"),
        ("en;q=nan", "pt-BR"),
        ("en;q=x", "pt-BR"),
        ("en;level=1", "en"),
        ("en," * 200, "pt-BR"),
    ],
)
def test_the_liked_language_wins_and_portuguese_is_the_rest(
    header: str | None, language: str
) -> None:
    assert negotiate(header) == language


@given(st.text(max_size=300))
def test_no_header_breaks_it(header: str) -> None:
    assert negotiate(header) in LANGUAGES
