"""What a new password needs (promise P4). How it is kept is `security/passwords.py`.

Here are the rules that the text alone can break; how easily it is guessed, by strangers and by
those who know its owner, is judged by `security/password_strength.py`.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from app.core.text import FieldRefused, require_unicode

SHORTEST_PASSWORD: Final = 10
LONGEST_NEW_PASSWORD: Final = 128

PASSWORD_LIMITS: Final[Mapping[str, int]] = {"min": SHORTEST_PASSWORD, "max": LONGEST_NEW_PASSWORD}
"""What the sentences of the reasons name."""


def broken_rules(text: str) -> tuple[str, ...]:
    """The rules that a password breaks, as codes of the catalogue; none where it may do.

    Judged in NFKC, the form that is hashed: `password_too_short` (under 10 characters),
    `password_too_long` (over 128), `password_no_letter`, `password_no_digit`,
    `password_no_symbol`. Or, alone, what no keyboard sends twice alike: `text_not_unicode`,
    `text_control_characters`.
    """
    if len(text) > LONGEST_NEW_PASSWORD:  # first: composing a long text takes long
        return ("password_too_long",)
    try:
        require_unicode(text)
    except FieldRefused as refused:
        return (refused.code,)
    normal = unicodedata.normalize("NFKC", text)
    classes = [unicodedata.category(character) for character in normal]
    if "Cc" in classes:
        return ("text_control_characters",)
    rules = {
        "password_too_short": min(len(text), len(normal)) < SHORTEST_PASSWORD,
        "password_too_long": len(normal) > LONGEST_NEW_PASSWORD,
        "password_no_letter": not any(c[0] == "L" for c in classes),
        "password_no_digit": "Nd" not in classes,
        "password_no_symbol": not any(c[0] in "PS" for c in classes),
    }
    return tuple(rule for rule, broken in rules.items() if broken)


def require_strong_password(text: str) -> None:
    """Refuses a password that breaks a rule.

    `password_weak` names every one in its `reasons`, comma-separated: see `broken_rules`.
    """
    if reasons := broken_rules(text):
        raise FieldRefused("password_weak", reasons=",".join(reasons), **PASSWORD_LIMITS)
