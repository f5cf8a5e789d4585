"""What a new password needs (promise P4). How it is kept is `security/passwords.py`."""

import unicodedata
from typing import Final

from app.core.text import FieldRefused, require_unicode

SHORTEST_PASSWORD: Final = 10
LONGEST_NEW_PASSWORD: Final = 128


def require_strong_password(text: str) -> None:
    """Refuses a password that is too easily guessed; judged in NFKC, the form that is hashed.

    `password_weak` names its `reasons`, comma-separated: `too_short` (under 10 characters),
    `too_long` (over 128), `no_letter`, `no_digit`, `no_symbol`. Also refuses `text_not_unicode` and
    `text_control_characters`, which no keyboard sends twice alike.
    """
    if len(text) > LONGEST_NEW_PASSWORD:  # first: composing a long text takes long
        raise FieldRefused("password_weak", reasons="too_long")
    require_unicode(text)
    normal = unicodedata.normalize("NFKC", text)
    classes = [unicodedata.category(character) for character in normal]
    if "Cc" in classes:
        raise FieldRefused("text_control_characters")
    rules = {
        "too_short": min(len(text), len(normal)) < SHORTEST_PASSWORD,
        "too_long": len(normal) > LONGEST_NEW_PASSWORD,
        "no_letter": not any(c[0] == "L" for c in classes),
        "no_digit": "Nd" not in classes,
        "no_symbol": not any(c[0] in "PS" for c in classes),
    }
    if any(rules.values()):
        raise FieldRefused("password_weak", reasons=",".join(r for r, hit in rules.items() if hit))
