"""The findings of signed documents: in both languages, each code in one place."""

import pytest

from app.core.language import LANGUAGES
from app.core.messages.signatures import FINDINGS, REFUSED, TRUST, UNREADABLE, finding_message


@pytest.mark.parametrize("code", sorted(FINDINGS.keys() | TRUST.keys()))
def test_findings_are_sentences_in_both_languages(code: str) -> None:
    portuguese, english = (finding_message(code, language) for language in LANGUAGES)
    assert portuguese != english
    assert portuguese.endswith(".")
    assert english.endswith(".")


def test_a_finding_has_one_home() -> None:
    assert not UNREADABLE.keys() & REFUSED.keys()
    assert not FINDINGS.keys() & TRUST.keys()
    with pytest.raises(KeyError):
        finding_message("no_such_code", "en")
