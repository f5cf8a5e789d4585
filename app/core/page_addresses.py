"""Addresses of pages, with what might say who was there left out before anything is kept."""

import re
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
_DIGITS: Final = 6
"""So many digits in one part of a path may be a document, a phone, an order."""
_MANY_DIGITS: Final = 9
"""The same of a campaign, which may hold a date."""
_NO_WORD: Final = re.compile(r"[\W_]+")
_TOKEN: Final = re.compile(r"(?=\D*\d)[0-9A-Za-z_~-]{24,}")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def page_path(address: str) -> str:
    """The path of ``/sites/preco?x=1#topo`` alone, at most `LONGEST_PATH` characters.

    Queries and fragments are dropped, and a part that holds an e-mail address, many digits or what
    looks like a token is replaced by `HIDDEN`. Refuses `invalid_path` for what does not begin with
    a slash, `text_too_long`, `text_not_unicode`, `text_control_characters`.
    """
    _require_fit(address)
    if not address.startswith("/"):
        raise FieldRefused("invalid_path")
    path = re.split("[?#;]", address, maxsplit=1)[0]
    return "/".join(_innocent(part) for part in path.split("/"))[:LONGEST_PATH]


def referring_host(address: str) -> str | None:
    """The host of a referrer such as ``https://www.exemplo.com.br/busca?q=x``, in lower case.

    None for what names no host of the web: nothing, an app, an IP address, a machine without a
    domain. Refuses what `page_path` does, but for the slash.
    """
    _require_fit(address)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:  # brackets that do not match, say
        return None
    if parts.scheme not in ("http", "https") or len(host) > LONGEST_HOST:
        return None
    return host if _HOST.fullmatch(host) and not _is_address(host) else None


def campaign_words(text: str) -> str:
    """``Natal 2026`` as ``natal-2026``: the words of a campaign's name, in lower case.

    One that holds an address, many digits or what looks like a token, which a mailing may put there
    for each recipient, becomes `HIDDEN`; so does one without a word. Refuses what `page_path` does,
    but for the slash.
    """
    _require_fit(text, LONGEST_CAMPAIGN)
    digits = sum(character.isdigit() for character in text)
    if "@" in text or digits >= _MANY_DIGITS or _TOKEN.search(text):
        return HIDDEN
    words = _NO_WORD.sub("-", text.lower()).strip("-")
    return words[:LONGEST_CAMPAIGN] or HIDDEN


def _require_fit(text: str, longest: int = LONGEST_ADDRESS) -> None:
    if len(text) > longest:
        raise FieldRefused("text_too_long", max=longest)
    require_unicode(text)
    if _UNSAFE.search(text):
        raise FieldRefused("text_control_characters")


def _innocent(part: str) -> str:
    read = unquote(part)
    digits = sum(character.isdigit() for character in read)
    telling = "@" in read or digits >= _DIGITS or _TOKEN.search(read)
    return HIDDEN if telling else part


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
