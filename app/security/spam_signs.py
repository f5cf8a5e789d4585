"""Signs of spam in what strangers send by a form, and what each weighs: plain data.

A request whose signs weigh `SUSPECT` or more together is kept apart for people to look at; nothing
is thrown away. Whoever finds an honest text kept apart, or spam among the rest, mends the tables
here and adds the text to `tests/security/texts/contacts.txt`. Phrases are written folded: lower
case, no accents, no punctuation (`core/folding.py`).
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from app.core.folding import fold
from app.core.links import without_links

SUSPECT: Final = 100

# fmt: off
WEIGHTS: Final[Mapping[str, int]] = {
    # How it was sent.
    "trap_filled":    100,  # the field that people do not see was filled in
    "too_quick":      100,  # sent before a person can have read the form
    "token_missing":  100,  # without the form's token, or with a text that is none of ours
    "token_expired":  100,
    "token_used":     100,  # a form was sent with it before
    "work_missing":   100,  # without the work that the token wants
    "other_network":   30,  # the form was fetched in one network and sent from another
    # What it says.
    "links":           15,  # one or two
    "many_links":      60,  # three to seven
    "flood_of_links": 100,  # eight or more
    "link_only":      100,  # next to nothing is left without its links
    "link_in_name":    70,  # in the name, the company or the subject
    "markup":          60,  # HTML or BBCode links, which only programs write into a plain form
    "short_link":      50,  # one that hides where it leads
    "numeric_link":    50,  # one that leads to a bare number
    "ranking_pitch":   60,  # sells places in search engines
    "gambling":        70,
    "medicine":        70,
    "easy_money":      70,
    "adult":           70,
}
"""Each sign by its name, as staff see it in `spam_signs`; `spam_score` is the sum of the weights.

A single sign of content never reaches `SUSPECT` by itself, but for floods and links alone.
"""
# fmt: on

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "ranking_pitch": (
        *("backlink", "backlinks", "guest post", "guest posts", "link building"),
        *("domain authority", "first page of google", "rank your website", "rank your site"),
        *("seo services", "seo packages", "increase your traffic", "high quality links"),
        *("comprar seguidores", "buy followers", "web traffic", "visitors to your website"),
    ),
    "gambling": (
        *("casino", "casinos", "cassino online", "online slots", "apostas online", "sports bet"),
        *("poker online", "online poker", "jogo do tigrinho", "free spins", "rodadas gratis"),
    ),
    "medicine": (
        *("viagra", "cialis", "levitra", "tadalafil", "sildenafil", "weight loss pills"),
        *("emagrecer rapido", "no prescription", "sem receita medica"),
    ),
    "easy_money": (
        *("bitcoin investment", "crypto investment", "investimento em cripto", "double your money"),
        *("dobre seu dinheiro", "renda extra garantida", "guaranteed income", "you have won"),
        *("voce foi sorteado", "unclaimed inheritance", "heranca nao reclamada", "loan offer"),
        *("emprestimo sem consulta", "passive income", "forex signals"),
    ),
    "adult": (*("xxx videos", "adult dating", "hot girls", "acompanhantes de luxo", "sexy girls"),),
}
"""Known shapes, by sign: whole words, in any order of the message."""

SHORTENERS: Final = (
    *("bit.ly", "tinyurl.com", "t.co", "cutt.ly", "is.gd", "goo.gl", "ow.ly", "rebrand.ly"),
    *("shorturl.at", "rb.gy", "t.ly", "encurtador.com.br", "bitly.com", "x.gd"),
)

FEWEST_LETTERS: Final = 15
"""Letters and digits that a message has beside its links, unless it is made of links alone."""
_MANY, _FLOOD = 3, 8

_LINK: Final = re.compile(
    r"(?:https?|ftp)://[^\s<>\"']{1,2048}|\bwww\.[^\s<>\"']{1,2048}", re.IGNORECASE
)
_MARKUP: Final = re.compile(r"<\s{0,9}a\s[^>]{0,2048}>|\[/?(?:url|link)[\]=]|\]\(https?://", re.I)
_NUMERIC: Final = re.compile(r"https?://(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])", re.IGNORECASE)
_SHORT: Final = re.compile(
    r"(?<![\w.\-])(?:https?://)?(?:www\.)?"
    rf"(?:{'|'.join(re.escape(host) for host in SHORTENERS)})/\w",
    re.IGNORECASE,
)
_PHRASES: Final[Mapping[str, re.Pattern[str]]] = {
    sign: re.compile(rf"(?<![^ ])(?:{'|'.join(map(re.escape, phrases))})(?![^ ])")
    for sign, phrases in PHRASES.items()
}


def signs_in(message: str, *others: str | None) -> tuple[str, ...]:
    """The signs in a message and in the lines beside it (name, company, subject), each once.

    In the order of `WEIGHTS`; takes any `str`, in linear time.
    """
    beside = [text for text in others if text]
    found = set(_signs_of_links(message))
    if any(_LINK.search(text) for text in beside):
        found.add("link_in_name")
    whole = "\n".join([*beside, message])
    for sign, shape in (("markup", _MARKUP), ("numeric_link", _NUMERIC), ("short_link", _SHORT)):
        if shape.search(whole):
            found.add(sign)
    folded = fold(whole)
    found |= {sign for sign, phrases in _PHRASES.items() if phrases.search(folded)}
    return tuple(weighed(found))


def weighed(signs: Collection[str]) -> dict[str, int]:
    """The signs as they are kept: each once, in the order of the table, with its weight.

    Raises `KeyError` for one that is not in the table.
    """
    found = {sign: WEIGHTS[sign] for sign in signs}
    return {sign: weight for sign, weight in WEIGHTS.items() if sign in found}


def _signs_of_links(message: str) -> list[str]:
    links = len(_LINK.findall(message))
    if not links:
        return []
    found = ["flood_of_links" if links >= _FLOOD else "many_links" if links >= _MANY else "links"]
    left = without_links(_LINK.sub(" ", message))
    if sum(character.isalnum() for character in left) < FEWEST_LETTERS:
        found.append("link_only")
    return found
