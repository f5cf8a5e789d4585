"""Addresses of pages, with what might say who was there left out before anything is kept.

Kept is what looks like words, everything else becomes `HIDDEN`: there are too many ways to write
somebody's address or number for a list of them. Read first, then judged: percent signs are decoded
and signs of full width and the like made plain (NFKC) until nothing changes any more.

What cannot be told from words is kept: a site that has people's names in its paths
(``/clientes/maria-da-silva``) tells them.
"""

import re
import unicodedata
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from app.core.text import UNSAFE, FieldRefused, require_unicode

LONGEST_ADDRESS: Final = 2000
"""Characters of an address as it is sent; browsers and servers agree on few that are longer."""
LONGEST_PATH: Final = 200
LONGEST_HOST: Final = 253
LONGEST_CAMPAIGN: Final = 100

HIDDEN: Final = "*"
"""Stands for a part of a path that might name somebody, or be a secret."""

_UNSAFE: Final = re.compile(f"[{UNSAFE}]")
_ROUNDS: Final = 8
"""Of decoding. What is wrapped more often than that is no page of anybody's."""
_LONGEST_PART: Final = 60
_DIGITS: Final = 4
"""So many digits in a whole path, however they are spread over it, may be a document, a phone, an
order; a date is lost with them."""
_DIGITS_OF_A_CAMPAIGN: Final = 5
"""The same of a campaign, which may hold a year."""

_LOWER: Final = "a-záàâãéêíóôõúüç"
_UPPER: Final = "A-ZÁÀÂÃÉÊÍÓÔÕÚÜÇ"
_NUMBER: Final = "[0-9]{1,4}"
_WORD: Final = (
    rf"(?:(?:[{_UPPER}]?[{_LOWER}]{{1,20}}|[{_UPPER}]{{1,20}})(?:{_NUMBER})?(?![0-9])|{_NUMBER})"
)
"""Small letters, with a first capital perhaps, or capitals alone: both mixed is rather a token."""
_WORDS: Final = re.compile(rf"{_WORD}(?:[-_]{_WORD})*")
_ENDING: Final = re.compile(r"\.(?:aspx?|docx?|html?|jpe?g|pdf|php|png|svg|webp|xml|zip)\Z")
_UNSPEAKABLE: Final = re.compile("[bcdfghjklmnpqrstvwxz]{5}", re.IGNORECASE)
_DIGIT: Final = re.compile("[0-9]")
_BETWEEN: Final = re.compile(r"[\s_!+-]+")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def page_path(address: str) -> str:
    """The path of ``/sites/preco?x=1#topo`` alone, at most `LONGEST_PATH` characters.

    Queries, fragments and parameters are dropped, however often they are encoded. A part stays if
    it is made of words (see above) with the odd digit; where the whole path has `_DIGITS` digits or
    more, every part with a digit goes. Parts beyond the length are left out. A path that came out
    of here stays as it is. Refuses `invalid_path` for what does not begin with a slash,
    `text_too_long`, `text_not_unicode`, `text_control_characters`.
    """
    _require_fit(address)
    if not address.startswith("/"):
        raise FieldRefused("invalid_path")
    plain = _plain(address)
    if plain is None:
        return "/" + HIDDEN
    path = re.split("[?#;]", plain, maxsplit=1)[0]
    numbered = len(_DIGIT.findall(path)) >= _DIGITS
    kept = ""
    for part in path.split("/")[1:]:
        longer = f"{kept}/{_innocent(part, numbered=numbered)}"
        if len(longer) > LONGEST_PATH:
            break
        kept = longer
    return kept


def referring_host(address: str) -> str | None:
    """The host of a referrer such as ``https://www.exemplo.com.br/busca?q=x``, in lower case.

    None for what names no host of the web: nothing, an app, an IP address, a machine without a
    domain; and for a host with `_DIGITS` digits or more, which may be somebody's own. Refuses what
    `page_path` does, but for the slash.
    """
    _require_fit(address)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:  # brackets that do not match, say
        return None
    if parts.scheme not in ("http", "https") or len(host) > LONGEST_HOST:
        return None
    if not _HOST.fullmatch(host) or _is_address(host) or len(_DIGIT.findall(host)) >= _DIGITS:
        return None
    return host


def campaign_words(text: str) -> str:
    """``Natal 2026`` as ``natal-2026``: the words of a campaign's name, in lower case.

    One that is not made of words, or has more digits than a year, becomes `HIDDEN`: a mailing may
    put an address or a token there for each recipient. Refuses what `page_path` does, but for the
    slash.
    """
    _require_fit(text, LONGEST_CAMPAIGN)
    plain = _plain(text)
    if plain is None or len(_DIGIT.findall(plain)) >= _DIGITS_OF_A_CAMPAIGN:
        return HIDDEN
    words = _BETWEEN.sub("-", plain).strip("-")
    return words.lower() if len(words) <= LONGEST_CAMPAIGN and _are_words(words) else HIDDEN


def _require_fit(text: str, longest: int = LONGEST_ADDRESS) -> None:
    if len(text) > longest:
        raise FieldRefused("text_too_long", max=longest)
    require_unicode(text)
    if _UNSAFE.search(text):
        raise FieldRefused("text_control_characters")


def _plain(text: str) -> str | None:
    """What is meant by it; None for what `_ROUNDS` rounds do not bring to rest."""
    for _ in range(_ROUNDS):
        before, text = text, unicodedata.normalize("NFKC", unquote(text))
        if text == before:
            return text
    return None


def _innocent(part: str, *, numbered: bool) -> str:
    if not part:
        return part
    if len(part) > _LONGEST_PART or (numbered and _DIGIT.search(part)):
        return HIDDEN
    return part if _are_words(_ENDING.sub("", part)) else HIDDEN


def _are_words(text: str) -> bool:
    return bool(_WORDS.fullmatch(text)) and not _UNSPEAKABLE.search(text)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
