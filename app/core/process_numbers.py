"""The number of a Brazilian lawsuit (CNJ, Resolução 65/2008): ``NNNNNNN-DD.AAAA.J.TR.OOOO``."""

import re
from typing import Final

from app.core.text import FieldRefused, trim

PROCESS_NUMBER_SHAPE: Final = r"[0-9]{7}-?[0-9]{2}\.?[0-9]{4}\.?[0-9]\.?[0-9]{2}\.?[0-9]{4}"
_PARTS: Final = re.compile(
    r"([0-9]{7})-?([0-9]{2})\.?([0-9]{4})\.?([0-9])\.?([0-9]{2})\.?([0-9]{4})"
)


def normalise_process_number(text: str) -> str:
    """The number as it is written by the courts, whatever separators it came with.

    Its check digits make the whole, with them at its end, 1 modulo 97 (ISO 7064, MOD 97-10).
    Raises `FieldRefused` with ``invalid_process_number``.
    """
    parts = _PARTS.fullmatch(trim(text))
    if parts is None:
        raise FieldRefused("invalid_process_number")
    serial, digits, year, branch, court, unit = parts.groups()
    if int(serial + year + branch + court + unit + digits) % 97 != 1:
        raise FieldRefused("invalid_process_number")
    return f"{serial}-{digits}.{year}.{branch}.{court}.{unit}"
