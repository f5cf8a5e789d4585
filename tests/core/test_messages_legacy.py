"""The import's reasons: in both languages, and apart from those of the fields."""

from string import Formatter

import pytest

from app.core.language import LANGUAGES
from app.core.messages import FIELDS
from app.core.messages.legacy import IMPORT, import_message


@pytest.mark.parametrize("code", sorted(IMPORT))
def test_reasons_say_the_same_in_both_languages(code: str) -> None:
    texts = IMPORT[code]
    assert texts.keys() == set(LANGUAGES)
    portuguese, english = (
        {name for _, name, _, _ in Formatter().parse(texts[language]) if name}
        for language in LANGUAGES
    )
    assert portuguese == english
    assert texts["pt-BR"] != texts["en"]


def test_a_reason_has_one_home() -> None:
    assert not IMPORT.keys() & FIELDS.keys()


def test_both_catalogues_are_spoken() -> None:
    assert (
        import_message("row_too_long", "en", {"max": 9}) == "The line is longer than 9 characters."
    )
    assert import_message("text_too_long", "en", {"max": 9}) == "Use at most 9 characters."
    with pytest.raises(KeyError):
        import_message("no_such_code", "en", {})
