"""Postal codes (CEP) and states (UF) of Brazil."""

import re
from typing import Final

from app.core.text import FieldRefused, trim

POSTAL_CODE_SHAPE: Final = r"[0-9]{2}\.?[0-9]{3}-?[0-9]{3}"
_POSTAL_CODE = re.compile(POSTAL_CODE_SHAPE)

STATES: Final = (
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
    "PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
)  # fmt: skip
"""The 26 states and the Federal District, in alphabetical order."""

_STATES = frozenset(STATES)


def normalise_postal_code(text: str) -> str:
    """The eight digits of a CEP written ``01310-100``, ``01.310-100`` or ``01310100``.

    Refuses `invalid_postal_code`. That the code is in use is not looked up.
    """
    trimmed = trim(text)
    digits = trimmed.replace(".", "").replace("-", "")
    if not _POSTAL_CODE.fullmatch(trimmed) or not digits.strip("0"):
        raise FieldRefused("invalid_postal_code")
    return digits


def normalise_state(text: str) -> str:
    """The upper-case code of one of the `STATES`. Refuses `invalid_state`."""
    trimmed = trim(text)
    # Upper-casing makes ASCII of some other letters (the long s).
    if not trimmed.isascii() or (code := trimmed.upper()) not in _STATES:
        raise FieldRefused("invalid_state")
    return code
