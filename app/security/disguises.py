"""Words as a reader sees them, however they are spelled: spaced, numbered, in look-alike letters.

Every function takes any `str` and works in time linear in its length.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase
from types import MappingProxyType
from typing import Final

from app.core.folding import unadorned
from app.security.look_alikes import FRAMED, LETTERS, SYMBOLS, UNDRAWN

PERIOD: Final = "."
COMMA: Final = ","
COLON: Final = ":"
QUESTION: Final = "?"
BLANK: Final = "_"
LINE: Final = "\n"
"""A line's end after a colon or a blank, as in forms and lists; text that is wrapped has none."""
MARKS: Final = frozenset({PERIOD, COMMA, COLON, QUESTION, BLANK, LINE})

_LONGEST_WORD: Final = 60
_MOST_PIECES: Final = 24

_APOSTROPHES: Final = "'\u2019`\u00b4\u02bc"
_SIGNS: Final = "".join(c for signs in SYMBOLS.values() for c in signs if not c.isalnum()) + "*"
_TO_OURS: Final = str.maketrans(
    {look_alike: ours for ours, letters in LETTERS.items() for look_alike in letters}
)
_TO_LETTERS: Final = str.maketrans(
    {sign: letter for letter, signs in SYMBOLS.items() for sign in signs}
)
_PREPARED: Final = str.maketrans(
    {chr(first + place): letter for first in FRAMED for place, letter in enumerate(ascii_lowercase)}
    | dict.fromkeys(UNDRAWN, "")
    # What folding would make something else of, before it does.
    | {c: ours for ours, letters in LETTERS.items() for c in letters if unadorned(c) != c}
    | {"\u00e6": "a", "\u0153": "o"}
)
# Every alternative is bounded or takes what no other can: nothing is ever gone over twice.
_PIECES: Final = re.compile(
    rf"(?P<word>(?:[^\W_]|[{re.escape(_SIGNS + _APOSTROPHES)}])+)"
    r"|(?P<blank>_{2,}|\.{3,}|\u2026|\[\s{0,9}\]|\(\s{1,9}\))"
    r"|(?P<line>\n)"
    r"|(?P<mark>[.;?,:\u2013\u2014])"
    r"|(?P<other>\S)"
)
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word in its plain spelling, or one of `MARKS`.

    `disguised`: it was written so that a machine would read something else.
    """

    text: str
    disguised: bool = False


class Vocabulary:
    """The words that are looked for in whatever guise.

    `sought` are told out of pieces too, `verbs` where they are spaced out; `misspelt` says which
    word is meant by a wrong spelling.
    """

    def __init__(
        self,
        words: Iterable[str],
        sought: Iterable[str],
        verbs: Iterable[str],
        misspelt: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._words = frozenset(words)
        self._sought = frozenset(sought)
        self._verbs = frozenset(verbs)
        self._misspelt = {
            wrong: word for wrong, word in misspelt.items() if wrong not in self._words
        }
        self._by_key = {_key(word): word for word in sorted(self._words) if len(word) >= 3}
        self._by_key |= {_key(word): word for word in sorted(self._sought)}
        self._longest = max(map(len, self._by_key))
        whole = [_key(word) for word in self._sought | self._verbs]
        self._beginnings = {key[:length] for key in whole for length in range(1, len(key) + 1)}
        cores = sorted((word for word in self._sought if len(word) >= 5), key=len, reverse=True)
        self._core = re.compile("|".join(map(re.escape, cores)))
        self._masked = [word for word in sorted(self._sought) if len(word) >= 5]

    def read(self, text: str) -> list[Token]:
        """The text as words and marks; a blank line, and the end, is a `PERIOD`."""
        spelled: list[Token] = []
        prepared = unadorned(text.translate(_PREPARED))
        start = 0
        for address in _ADDRESS.finditer(prepared):
            spelled += self._tokens(prepared[start : address.start()])
            # On its own: what a link's path names is no part of the sentence around it.
            spelled += [Token(PERIOD), *self._tokens(address[0]), Token(PERIOD)]
            start = address.end()
        spelled += [*self._tokens(prepared[start:]), Token(PERIOD)]
        return list(self._joined(spelled))

    def _tokens(self, text: str) -> Iterator[Token]:
        """Words and marks, each word taken by itself."""
        last = ""
        for piece in _PIECES.finditer(text):
            kind = piece.lastgroup or ""
            if kind == "word":
                yield from self._spelled(piece[0])
            elif kind == "blank":
                yield Token(BLANK)
            elif kind == "line":
                if last in (COLON, BLANK):
                    yield Token(LINE)
                elif last == LINE:  # a blank one
                    yield Token(PERIOD)
            elif kind == "mark" and (mark := _mark(piece[0], text[piece.end() : piece.end() + 1])):
                yield Token(mark)
            if not (kind == "line" and last in (COLON, BLANK)):
                last = {"blank": BLANK, "line": LINE, "mark": piece[0]}.get(kind, "")

    def _spelled(self, chunk: str) -> Iterator[Token]:
        """One run of letters, digits and signs."""
        bare = "".join(c for c in chunk if c not in _APOSTROPHES)
        inner = bare.strip("!|+*")
        if inner and (found := self._plain(inner) or self._plain(bare)):
            yield from found
        elif inner.isalnum():
            yield Token(inner)
        else:
            for part in re.split(f"([{re.escape(_SIGNS)}])", inner):
                if part == "!":
                    yield Token(PERIOD)
                elif part and part not in _SIGNS:
                    yield from self._plain(part) or [Token(part)]
        if bare.endswith("!"):
            yield Token(PERIOD)

    def _plain(self, word: str) -> list[Token]:
        """The known word or words behind one spelling; nothing if there are none."""
        if word in self._words or len(word) > _LONGEST_WORD:
            return [Token(word)] if word in self._words else []
        ours = word.translate(_TO_OURS)
        if ours in self._words:
            return [Token(ours, disguised=True)]
        odd = ours != word or not ours.isalpha()
        known = self._by_key.get(_key(ours))
        if known is not None and any(c.isalpha() for c in ours):
            if odd:
                return [Token(known, disguised=True)]
            if known in self._sought and len(known) >= 4 and _has_double(ours):
                return [Token(known)]
        if "*" in ours:
            return [Token(word, disguised=True) for word in self._unmasked(ours)][:1]
        if self._core.search(ours) and (words := self._unglued(ours)):
            return words
        return [Token(self._misspelt[ours])] if ours in self._misspelt else []

    def _unmasked(self, masked: str) -> Iterator[str]:
        """The sought words of which some letters were made asterisks."""
        if sum(c == "*" for c in masked) * 2 < len(masked):
            for word in self._masked:
                if len(word) == len(masked):
                    pairs = zip(_letters(masked), _letters(word), strict=True)
                    if all(theirs in ("*", ours) for theirs, ours in pairs):
                        yield word

    def _unglued(self, run: str) -> list[Token]:
        """The words of a run without spaces, if it is made of known words of three letters up."""
        ways: dict[int, list[str]] = {0: []}
        for end in range(3, len(run) + 1):
            for start in range(max(0, end - self._longest), end - 2):
                if start in ways and run[start:end] in self._words:
                    ways[end] = [*ways[start], run[start:end]]
                    break
        return [Token(word) for word in ways.get(len(run), [])]

    def _joined(self, tokens: Sequence[Token]) -> Iterator[Token]:
        """The tokens, words that were spaced out made whole."""
        place = 0
        while place < len(tokens):
            end, whole = self._whole(tokens, place)
            yield whole
            place = end

    def _whole(self, tokens: Sequence[Token], place: int) -> tuple[int, Token]:
        """The longest word that begins at `place`, and where it ends."""
        best = place + 1, tokens[place]
        if tokens[place].text in MARKS or tokens[place].text in self._sought:
            return best
        joined, letters, marked = "", True, False
        for end, token in enumerate(tokens[place : place + _MOST_PIECES], place + 1):
            if token.text in MARKS:
                marked = True
                continue
            joined += token.text.translate(_TO_OURS)
            letters = letters and len(token.text) == 1
            key = _key(joined)
            if key not in self._beginnings or (marked and not letters):
                break
            if joined != token.text and (word := self._spaced(key, letters)):
                best = end, Token(word, disguised=letters and len(word) > 3)
        return best

    def _spaced(self, key: str, letters: bool) -> str | None:
        word = self._by_key.get(key)
        if word in self._sought and (letters or len(word) > 4):
            return word
        return word if letters and word in self._verbs and len(word) > 3 else None


def _key(word: str) -> str:
    """What all guises of a word have in common: signs as letters, no letter twice in a row."""
    return re.sub(r"(.)\1+", r"\1", _letters(word))


def _letters(word: str) -> str:
    return word.translate(_TO_LETTERS)


def _has_double(word: str) -> bool:
    return any(one == next_one for one, next_one in pairwise(word))


def _mark(sign: str, after: str) -> str | None:
    """What a punctuation mark is; a full stop inside a word or number is none."""
    if sign in ".;":
        return PERIOD if sign == ";" or not after or after.isspace() or after in ")\"'" else None
    if sign == ",":
        return COMMA if not after or not after.isdigit() else None
    return {"?": QUESTION, ":": COLON}.get(sign, COMMA)
