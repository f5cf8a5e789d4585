"""What a new password needs."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.passwords import require_strong_password
from app.core.text import FieldRefused
from tests.support.formats import PASSWORDS


def refusal(text: str) -> tuple[str, object]:
    with pytest.raises(FieldRefused) as caught:
        require_strong_password(text)
    return caught.value.code, caught.value.params.get("reasons")


@pytest.mark.parametrize(
    "text",
    [
        "Senha-12!x",
        "quatro-gatos-7-telhados",
        "açúcar é 100% doce",
        "пароль-номер-7",
        "a1!" + "😀" * 7,
        "a1!" + " " * 7,
        "x1-" + "y" * 125,
    ],
)
def test_letters_digits_and_symbols_do(text: str) -> None:
    require_strong_password(text)


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("", "password_too_short,password_no_letter,password_no_digit,password_no_symbol"),
        ("Senha-1!x", "password_too_short"),
        ("Senhasenha1", "password_no_symbol"),
        ("Senha senha 1", "password_no_symbol"),  # a space is no symbol
        ("Senha-senha!", "password_no_digit"),
        ("1234567890-!", "password_no_letter"),
        ("x1-" + "y" * 126, "password_too_long"),
        ("x1-" * 1_000_000, "password_too_long"),
        ("x1-" + "\ufdfa" * 100, "password_too_long"),  # 18 characters each in NFKC
        ("x1-\ufdfa", "password_too_short"),  # as typed
        ("x1-" + "e\u0301" * 6, "password_too_short"),  # nine characters in NFKC
    ],
)
def test_weakness_has_its_reasons(text: str, reasons: str) -> None:
    assert refusal(text) == ("password_weak", reasons)


def test_what_cannot_be_typed_twice_is_refused() -> None:
    assert refusal("Senha-12!x\u0000") == ("password_weak", "text_control_characters")
    assert refusal("Senha-12!x\n") == ("password_weak", "text_control_characters")
    assert refusal("Senha-12!x\ud800") == ("password_weak", "text_not_unicode")


@given(password=PASSWORDS)
def test_strong_ones_are_taken(password: str) -> None:
    require_strong_password(password)


@given(text=st.text(st.characters(codec=None)))
def test_checking_is_total(text: str) -> None:
    with contextlib.suppress(FieldRefused):
        require_strong_password(text)
        assert 10 <= len(text) <= 128
