"""Reasons and roles of interventions: in both languages, for everyone who may intervene."""

import pytest

from app.access.permissions import PERMISSIONS
from app.core.language import LANGUAGES
from app.core.messages.interventions import REASONS, ROLES

EVERY = {**REASONS, **ROLES}


@pytest.mark.parametrize("code", sorted(EVERY))
def test_words_are_there_in_both_languages(code: str) -> None:
    words = EVERY[code]
    assert words.keys() == set(LANGUAGES)
    assert words["pt-BR"] != words["en"]
    for text in words.values():
        assert text == text.strip()
        assert not text.endswith(".")  # they stand behind a label, or within a sentence


def test_codes_fit_their_column() -> None:
    for code in REASONS:
        assert code.replace("_", "").isalpha()
        assert len(code) <= 32


def test_there_is_a_word_for_every_role_that_may_intervene() -> None:
    for verb in ("staff:intervention:create", "staff:incident:confirm"):
        assert PERMISSIONS[verb] == set(ROLES)
