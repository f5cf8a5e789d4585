"""Recovery codes: what lets somebody in whose authenticator is lost. Each works once.

``K7QM-3XDW-9FTA-HR4V``: 16 characters out of 27, 76 random bits. No character looks like another:
of 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V at most one is used, so that a code which
was copied by hand and read wrongly is still understood.
"""

import hmac
import re
import secrets
import unicodedata
from typing import Final
from uuid import UUID

COUNT: Final = 10
LONGEST_TYPED: Final = 64
"""Characters of a code as somebody typed it, blanks and dashes included."""

_ALPHABET = "34679ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 4, 4
_MISREAD = str.maketrans("258U", "ZSBV")
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
_CODE = re.compile(f"[{_ALPHABET}]{{{_GROUPS * _GROUP}}}")


def new_codes() -> tuple[str, ...]:
    """Ten fresh codes, all different, in groups of four."""
    codes: dict[str, None] = {}
    while len(codes) < COUNT:
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
        codes["-".join(re.findall(f".{{{_GROUP}}}", letters))] = None
    return tuple(codes)


def normalise(typed: str) -> str | None:
    """The 16 characters of a code, however they were typed; None for what cannot be one."""
    if len(typed) > LONGEST_TYPED:
        return None
    folded = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper().translate(_MISREAD)
    return folded if _CODE.fullmatch(folded) else None


def digest(key: bytes, holder: UUID, code: str) -> bytes:
    """What is kept of a normalised code: 32 bytes, bound to its holder, good for nothing without
    the service's `key` (HMAC-SHA-256): whoever steals the table cannot even try codes out."""
    return hmac.digest(key, holder.bytes + code.encode(), "sha256")
