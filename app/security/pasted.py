"""Secrets that people paste into what they write, taken out before anybody else can read them.

For what customers send (promise P5). Shapes are found here ("senha: …", "my password is …", tokens,
credentials in an address); whether a word *is* the writer's own password, only a hash can tell:
`services/pasted_secrets.py` tries the `candidates` of who is signed in. Every function takes any
`str`, in linear time.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from app.core.folding import unadorned
from app.core.language import DEFAULT, Language
from app.security.pasted_words import CODE_NAMES, IS, MINE, PASSWORD_NAMES, PLAIN, QUALIFIERS

MARKERS: Final[Mapping[Language, str]] = {
    "pt-BR": "[senha removida]",
    "en": "[password removed]",
}
MOST_CANDIDATES: Final = 5
SHORTEST_CANDIDATE: Final = 6
LONGEST_CANDIDATE: Final = 128

_REMOVED: Final = "\ue000"  # stands for each letter of a marker, while we look
_PLAIN: Final = frozenset(PLAIN.split())
_MOST_WORDS: Final = 8
_FEWEST_DIGITS: Final = 3
_SIGN_INSIDE: Final = re.compile(r"[^\W_][@#$%^~*][^\W_]")
_HOST: Final = re.compile(r"(?:[\w\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?:/\S{0,1024})?")


def _any_of(*names: str) -> str:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return "|".join(re.escape(name).replace(r"\ ", r"\s{1,9}") for name in longest_first)


_QUALIFIED: Final = rf"(?:[\s(]{{1,9}}(?:{_any_of(*QUALIFIERS.split())})\)?){{0,6}}"
_BETWEEN: Final = (
    r"(?P<strong>\s{0,9}(?:[:=]{1,2}>?|-{1,2}>|=>)\s{0,9})"
    rf"|(?P<weak>\s{{1,9}}(?:{_any_of(*IS.split())})\s{{0,2}}:?\s{{1,9}})"
    r"|(?P<bare>\s{1,9})"
)
_NAMED: Final[Mapping[Language, re.Pattern[str]]] = {
    language: re.compile(
        rf"(?<![^\W_])(?P<mine>(?:{_any_of(*MINE.split())})\s{{1,9}})?"
        rf"(?:(?P<code>{_any_of(*CODE_NAMES[language])})"
        rf"|(?:{_any_of(*PASSWORD_NAMES[language].split())}))"
        rf"{_QUALIFIED}(?:{_BETWEEN})(?=\S)"
    )
    for language in MARKERS
}
_OPENING, _CLOSING = "\"'`\u2018\u201c\u00ab", "\"'`\u2019\u201d\u00bb"
_QUOTED: Final = re.compile(
    rf"[{_OPENING}]([^\n{_OPENING}{_CLOSING}]{{1,128}})[{_CLOSING}](?![^\s.,;!?)])"
)
_WORD: Final = re.compile(r"\S{1,1024}")
_GAP: Final = re.compile(r"[ \t\u00a0]{1,9}")
_CODE: Final = re.compile(r"[0-9](?:[ .\-]?[0-9]){2,15}(?![^\W_])")
_TRAILING: Final = f".,;:)]}}>{_CLOSING}"
_LEADING: Final = f"([{{<{_OPENING}"
_LABEL: Final = re.compile(r"[^\W\d_]{2,20}[:=](?!\S)")
_INNOCENT: Final = re.compile(
    r"[0-9.,:/()+%\-]{1,64}[hH]?"  # dates, times, amounts, phones, documents
    r"|[0-9]{1,2}[hH][0-9]{2}\W?"
    r"|[rR]\$[0-9.,]{1,32}"
    r"|(?:https?://|www\.)\S{1,2048}"
    r"|[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){1,8}"
)
_OWN_SHAPES: Final = (
    re.compile(r"(?<![\w\-])eyJ[\w\-]{8,4096}\.[\w\-]{8,4096}(?:\.[\w\-]{0,4096})?"),  # a JWT
    re.compile(r"(?<![\w\-])[A-Za-z0-9_\-]{43}(?![\w\-])"),  # our opaque tokens and links
    re.compile(
        r"(?<![^\W_])[34679A-HJKMNP-TV-Z]{4}(?:-[34679A-HJKMNP-TV-Z]{4}){3}(?![^\W_])"
    ),  # codes
    re.compile(r"otpauth://\S{1,1024}"),
    re.compile(r"(?<=://)[^\s/:@]{1,64}:(?P<secret>[^\s/@]{1,128})(?=@)"),  # ftp://user:secret@
)


def redact_pasted_secrets(text: str) -> str:
    """`text` with every secret that its shape gives away replaced by a marker.

    The marker is of the language in which the secret was named. Doing it again changes nothing.
    """
    found: list[tuple[int, int, Language]] = []
    for shape in _OWN_SHAPES:
        for match in shape.finditer(text):
            start, end = match.span("secret" if "secret" in shape.groupindex else 0)
            found.append((start, end, DEFAULT))
    masked = _without_markers(text)
    view, places = _folded(masked)
    for language, named in _NAMED.items():
        for match in named.finditer(view):
            start = places[match.end()]
            end = _end_of_secret(masked, start, match)
            if end > start:
                found.append((start, end, language))
    return _replaced(text, found)


def redact_lookalikes(text: str) -> str:
    """`redact_pasted_secrets`, and without every word that has the shape of a password.

    For texts whose words nobody tries against a hash: a product's code goes with the passwords.
    Words that mix letters and digits, or hold a sign between letters, from `SHORTEST_CANDIDATE`
    characters on; dates, amounts, addresses of mail and net stay.
    """
    kept = redact_pasted_secrets(text)
    found: list[tuple[int, int, Language]] = []
    for match in _WORD.finditer(_without_markers(kept).replace(_REMOVED, " ")):
        word = match[0].lstrip(_LEADING)
        start = match.end() - len(word)
        word = word.rstrip(_TRAILING)
        if len(word) >= SHORTEST_CANDIDATE and _is_lookalike(word):
            found.append((start, start + len(word), DEFAULT))
    return _replaced(kept, found)


def remove(text: str, secret: str, language: Language = DEFAULT) -> str:
    """`text` with a marker wherever `secret` stands in it."""
    return text.replace(secret, MARKERS[language]) if secret else text


def candidates(text: str) -> tuple[str, ...]:
    """What in `text` has the shape of a password, the likeliest first, `MOST_CANDIDATES` at most.

    Quoted words, what follows the name of a secret, words that mix letters, digits and signs, and
    short lines that do. None is shorter than `SHORTEST_CANDIDATE` characters.
    """
    ranked: dict[str, int] = {}
    for candidate, rank in _shapes(_without_markers(text).replace(_REMOVED, "\n")):
        if SHORTEST_CANDIDATE <= len(candidate) <= LONGEST_CANDIDATE:
            ranked[candidate] = max(rank, ranked.get(candidate, 0))
    likeliest = sorted(ranked, key=lambda candidate: -ranked[candidate])  # stable: as they stand
    return tuple(likeliest[:MOST_CANDIDATES])


def _without_markers(text: str) -> str:
    for marker in MARKERS.values():
        text = text.replace(marker, _REMOVED * len(marker))
    return text


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without case, accents and what is not seen, and where each of its letters stood."""
    view: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = character.lower() if character.isascii() else unadorned(character)
        view.append(plain)
        places += [place] * len(plain)
    return "".join(view), [*places, len(text)]


def _end_of_secret(text: str, start: int, named: re.Match[str]) -> int:
    """Where the secret ends that begins at `start`; `start` itself if it is none."""
    word = _word(text, start)
    if not word or _REMOVED in word or _LABEL.match(text, start):
        return start
    if quoted := _QUOTED.match(text, start):
        return quoted.end()
    if named["code"] and (code := _CODE.match(text, start)):
        return code.end()
    telling = _looks_secret(word)
    if named["bare"]:
        telling = telling and any(c.isdigit() for c in word) and not _is_innocent(word)
        return start + len(word) if telling else start
    if telling:
        return start + len(word)
    if unadorned(word.rstrip("!?")) in _PLAIN or not (named["strong"] or named["mine"]):
        return start
    return _end_of_phrase(text, start)


def _end_of_phrase(text: str, start: int) -> int:
    """Where a secret of several words ends: at a mark, a label, a word that is about it."""
    end = place = start
    for _ in range(_MOST_WORDS):
        word = _word(text, place)
        ends_here = not word or _LABEL.match(text, place) or unadorned(word) in _PLAIN
        if place != start and ends_here:
            break
        end = place + len(word)
        gap = _GAP.match(text, end)
        if gap is None:
            break
        place = gap.end()
    return end


def _word(text: str, place: int) -> str:
    """The word at `place`, the marks behind it left out unless that is all of it."""
    found = _WORD.match(text, place)
    return (found[0].rstrip(_TRAILING) or found[0]) if found else ""


def _looks_secret(word: str) -> bool:
    """Whether nobody would write the word in a sentence: kinds mixed, or a long number."""
    inner = word.strip("!?")
    if inner.isdigit():
        return len(inner) > _FEWEST_DIGITS
    upper_inside = any(c.isupper() for c in inner[1:]) and any(c.islower() for c in inner)
    return _kinds(inner) > 1 or upper_inside


def _kinds(word: str) -> int:
    """How many kinds it mixes: letters, digits, signs that do not join words."""
    signs = "'-/.," if not any(c.isdigit() for c in word) else ""
    return (
        any(c.isalpha() for c in word)
        + any(c.isdigit() for c in word)
        + any(not c.isalnum() and not c.isspace() and c not in signs for c in word)
    )


def _is_innocent(word: str) -> bool:
    return _INNOCENT.fullmatch(word) is not None


def _is_lookalike(word: str) -> bool:
    if _is_innocent(word) or _HOST.fullmatch(word):
        return False
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    return mixed or _SIGN_INSIDE.search(word) is not None


def _shapes(text: str) -> Iterator[tuple[str, int]]:
    """What may be a password, each with its likelihood: 5 is named so, 1 is a line like others."""
    view, places = _folded(text)
    for named in _NAMED.values():
        for match in named.finditer(view):
            if match["bare"] is None:
                yield _line_from(text, places[match.end()]), 5
    for quoted in _QUOTED.finditer(text):
        yield quoted[1].strip(), 4
    for found in _WORD.finditer(text):
        word = found[0].strip(_LEADING).rstrip(_TRAILING)
        rank = _kinds(word.strip("!?"))
        if rank > 1 and not _is_innocent(word):
            yield word, rank
            yield word.rstrip("!?"), rank - 1
            yield found[0], rank - 1
    for line in text.splitlines():
        if 1 < len(line.split(maxsplit=_MOST_WORDS)) <= _MOST_WORDS and _kinds(line) > 2:
            yield line.strip(), 1


def _line_from(text: str, place: int) -> str:
    return text[place : place + LONGEST_CANDIDATE + 1].partition("\n")[0].strip()


def _replaced(text: str, found: list[tuple[int, int, Language]]) -> str:
    kept: list[str] = []
    place = 0
    for start, end, language in sorted(found):
        if start >= place:
            kept += [text[place:start], MARKERS[language]]
        place = max(place, end)
    return "".join([*kept, text[place:]])
