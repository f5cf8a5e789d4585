"""Which of the two languages the caller wants to read (RFC 9110, section 12.5.4)."""

from functools import lru_cache
from typing import Final, Literal, get_args

Language = Literal["pt-BR", "en"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT: Final[Language] = "pt-BR"

_BY_PRIMARY_TAG: Final[dict[str, Language]] = {"pt": "pt-BR", "en": "en"}
_LONGEST_HEADER: Final = 256


def negotiate(accept_language: str | None) -> Language:
    """The language that an ``Accept-Language`` header likes best.

    Any ``pt`` gets Brazilian Portuguese, any ``en`` English; what we do not speak, cannot parse or
    was not asked gets Portuguese. Never raises: a bad header is no reason to refuse a request.
    """
    if not accept_language or len(accept_language) > _LONGEST_HEADER:
        return DEFAULT
    return _best(accept_language)


@lru_cache(maxsize=512)
def _best(header: str) -> Language:
    quality: dict[Language, float] = {}
    rest = 0.0
    for element in header.split(","):
        tag, _, parameters = element.partition(";")
        weight = _weight(parameters)
        primary = tag.strip().lower().partition("-")[0]
        if primary == "*":
            rest = weight
        elif language := _BY_PRIMARY_TAG.get(primary):
            quality[language] = max(weight, quality.get(language, 0.0))
    for language in LANGUAGES:
        quality.setdefault(language, rest)
    # max() keeps the first of equals and dicts keep their order: named first wins, then Portuguese.
    winner = max(quality, key=quality.__getitem__)
    return winner if quality[winner] > 0 else DEFAULT


def _weight(parameters: str) -> float:
    name, separator, value = parameters.strip().partition("=")
    if not separator or name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
