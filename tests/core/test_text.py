"""Validated text: what is refused, what is kept, and that nothing else happens."""

import pickle
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import FieldRefused, clean_line, clean_text, require_unicode, trim

ANY_TEXT = st.text(st.characters(codec=None))  # lone surrogates included
Cleaner = Callable[[str, int], str]


def refusal(cleaner: Cleaner, text: str, max_length: int = 40) -> str:
    with pytest.raises(FieldRefused) as caught:
        cleaner(text, max_length)
    return caught.value.code


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Ana", "Ana"),
        ("  Ana \u00a0 Maria\u3000", "Ana Maria"),
        ("Joa\u0303o", "João"),
        ("ß ﬁ Ⅷ", "ß ﬁ Ⅷ"),  # composed, but not made compatible
        ("👩\u200d💻", "👩\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("'; DROP TABLE customers; --", "'; DROP TABLE customers; --"),
        ("<b>%s{0}</b>", "<b>%s{0}</b>"),
        ("\ufeffA\u00adn\u200ba\U000e0041", "Ana"),  # copied along, seen by nobody
        ("\ue000", "\ue000"),  # private use: somebody's own letter
    ],
)
def test_a_line_is_trimmed_and_composed(sent: str, kept: str) -> None:
    assert clean_line(sent, 40) == kept


@pytest.mark.parametrize("cleaner", [clean_line, clean_text])
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("a\u0000b", "text_control_characters"),
        ("a\u001b[31m", "text_control_characters"),
        ("a\u0085b", "text_control_characters"),
        ("a\u2028b", "text_control_characters"),
        ("a\u202eb", "text_control_characters"),  # right-to-left override
        ("a\u2066b", "text_control_characters"),
        ("a\ud800", "text_not_unicode"),
        ("\udfff\ud800", "text_not_unicode"),
        ("", "text_empty"),
        ("   ", "text_empty"),
        ("\u200d\u200c", "text_empty"),
        ("\u200b\U000e0041", "text_empty"),
        ("\u3164\u2800", "text_empty"),  # a letter and a symbol drawn as nothing
        ("a" * 41, "text_too_long"),
        ("a" * 40 + " ", "text_too_long"),  # as sent, so that the schema's maxLength is true
        ("\u0958" * 21, "text_too_long"),  # two characters each, once composed
        ("a" * 1_000_000, "text_too_long"),
    ],
)
def test_what_is_not_fit_to_be_kept_is_refused(cleaner: Cleaner, sent: str, code: str) -> None:
    assert refusal(cleaner, sent) == code


@pytest.mark.parametrize("sent", ["a\nb", "a\rb", "a\tb", "Ana\n"])
def test_a_line_is_one_line(sent: str) -> None:
    assert refusal(clean_line, sent) == "text_control_characters"


def test_text_keeps_its_lines() -> None:
    assert clean_text("\r\n um \r\ndois\rtrês\n\n\tquatro \n", 40) == "um \ndois\ntrês\n\n\tquatro"


def test_lengths_are_the_callers() -> None:
    assert clean_line("", 5, 0) == ""
    assert clean_line("abc", 5, 3) == "abc"
    with pytest.raises(FieldRefused) as caught:
        clean_line("ab", 5, 3)
    assert (caught.value.code, caught.value.params) == ("text_too_short", {"min": 3})
    with pytest.raises(FieldRefused) as caught:
        clean_line("abcdef", 5)
    assert (caught.value.code, caught.value.params) == ("text_too_long", {"max": 5})


@pytest.mark.parametrize("cleaner", [clean_line, clean_text])
@given(text=ANY_TEXT)
def test_cleaning_is_total_stable_and_leaves_nothing_unsafe(cleaner: Cleaner, text: str) -> None:
    try:
        kept = cleaner(text, 30)
    except FieldRefused:
        return
    assert cleaner(kept, 30) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert kept == kept.strip()
    assert 1 <= len(kept) <= 30
    kept.encode()
    joiners = "\u200c\u200d"
    breaks = "\n\t" if cleaner is clean_text else ""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not any(unicodedata.category(c) in hidden for c in kept if c not in joiners + breaks)


def test_a_long_run_of_marks_takes_no_time() -> None:
    """Composing is quadratic in such a run: a megabyte of it would hold a process for minutes."""
    started = time.perf_counter()
    assert refusal(clean_line, "a" + "\u0315\u0300" * 500_000, 2000) == "text_too_long"
    assert time.perf_counter() - started < 30


@given(text=ANY_TEXT)
def test_unicode_is_what_can_be_encoded(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(FieldRefused, match=r"^text_not_unicode$"):
            require_unicode(text)
    else:
        require_unicode(text)


def test_trim_takes_blanks_and_nothing_else() -> None:
    assert trim(" \u00a0 a b \u00a0") == "a b"
    assert trim("\ta\n") == "\ta\n"


def test_a_refusal_carries_no_value_and_survives_another_process() -> None:
    with pytest.raises(FieldRefused) as caught:
        clean_line("segredo\ud800", 40)
    refused = caught.value
    assert refused.__cause__ is None
    assert refused.__context__ is None
    assert "segredo" not in repr(refused)
    again = pickle.loads(pickle.dumps(FieldRefused("text_too_long", max=5)))  # noqa: S301 - our own
    assert (again.code, again.params, str(again)) == ("text_too_long", {"max": 5}, "text_too_long")
