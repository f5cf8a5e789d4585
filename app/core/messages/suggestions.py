"""What would make a password stronger: one code, one sentence in each language."""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language


def _both(pt: str, en: str) -> Mapping[Language, str]:
    return {"pt-BR": pt, "en": en}


SUGGESTIONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "add_words": _both(
        "Junte mais duas ou três palavras que não combinam entre si.",
        "Add two or three more words that do not belong together.",
    ),
    "avoid_known_words": _both(
        "Palavras conhecidas são tentadas primeiro, mesmo ao contrário ou com @ no lugar de a.",
        "Known words are tried first, even backwards or with @ for a.",
    ),
    "avoid_repeats": _both(
        "Repetir letras ou palavras quase não ajuda.", "Repeated letters or words hardly help."
    ),
    "avoid_sequences": _both(
        "Evite sequências como abcd ou 6543.", "Avoid sequences such as abcd or 6543."
    ),
    "avoid_keyboard_patterns": _both(
        "Evite teclas vizinhas, como qwerty.", "Avoid neighbouring keys, such as qwerty."
    ),
    "avoid_dates": _both("Evite datas e anos.", "Avoid dates and years."),
}
