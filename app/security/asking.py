"""Whether a text asks its reader for a secret (promise P5): a password, a code, an answer.

For what staff write and customers read, in Portuguese and English, however it is spelled. Any text
that names a secret in disguise is refused too: nobody writes ``s 3 n h @`` by accident. The rules
are data (`asking_rules.py`, `asking_words.py`). They stop mistakes, habits and the usual tricks;
who describes the thing without naming it is not found out, and has signed the text all the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.security import disguises
from app.security.asking_rules import RULES
from app.security.asking_words import OFTEN_MISTYPED, REAL_WORDS, WORDS
from app.security.disguises import Token, Vocabulary
from app.security.misspellings import misspellings, untagged

_MOST_GAP: Final = 14
_MOST_UNKNOWN: Final = 2
_MOST_ANY: Final = 8
_MOST_REPEATED: Final = 4
_FARTHEST_GOVERNOR: Final = 12
_FARTHEST_KEEPER: Final = 9

_DO_SOMETHING: Final = re.compile(r".{2,}[aei]r")
_IN_SOME_MANNER: Final = re.compile(r".{3,}(?:mente|ly)")


@dataclass(frozen=True, slots=True)
class _Item:
    """A word or phrase with its classes; a mark has none."""

    text: str
    classes: frozenset[str]
    disguised: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    elements: tuple[str, ...]
    unless: frozenset[str]


def asks_for_secret(text: str) -> bool:
    """Whether the text asks for a secret, or names one in disguise. Takes any `str`."""
    return rule_met(text) is not None


def rule_met(text: str) -> str | None:
    """The name of the first rule of `asking_rules.RULES` that the text meets, or ``disguised``.

    It is read as it is written, and as a browser would draw it.
    """
    met = _rule_met(text)
    if met is None and (drawn := untagged(text)) != text:
        return _rule_met(drawn)
    return met


def _rule_met(text: str) -> str | None:
    items = _items(_VOCABULARY.read(text))
    for rule in _RULES:
        if _meets(items, rule):
            return rule.name
    if any(item.disguised and "SECRET" in item.classes for item in items):
        return "disguised"
    return None


def _read_words() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Every entry, as its words, with all of its classes."""
    classes: dict[tuple[str, ...], set[str]] = {}
    for name, entries in WORDS.items():
        for entry in entries.split(","):
            words = tuple(entry.replace("+", disguises.COMMA).split())
            classes.setdefault(words, set()).add(name)
    return {words: frozenset(names) for words, names in classes.items()}


def _read_rules() -> tuple[_Rule, ...]:
    rules: list[_Rule] = []
    for line in RULES.strip().splitlines():
        pattern, _, unless = line.partition("|")
        name, *elements = pattern.split()
        rules.append(_Rule(name, tuple(elements), frozenset(unless.split())))
    return tuple(rules)


def _single_words(*names: str) -> set[str]:
    return {
        words[0] for words, of in _CLASSES.items() if len(words) == 1 and of.intersection(names)
    }


_CLASSES: Final = _read_words()
_RULES: Final = _read_rules()
_LONGEST_PHRASE: Final = max(map(len, _CLASSES))
_VOCABULARY: Final = Vocabulary(
    words={word for words in _CLASSES for word in words if word not in disguises.MARKS},
    sought=_single_words("SECRET"),
    verbs=_single_words("GIVE", "ENTER"),
    misspelt=misspellings(OFTEN_MISTYPED, REAL_WORDS.split()),
)


def _items(tokens: Sequence[Token]) -> list[_Item]:
    """The longest entries that fit, one after another."""
    items: list[_Item] = []
    texts = [token.text for token in tokens]
    place = 0
    while place < len(tokens):
        for length in range(min(_LONGEST_PHRASE, len(tokens) - place), 0, -1):
            words = tuple(texts[place : place + length])
            classes = _CLASSES.get(words)
            if classes is not None or length == 1:
                disguised = any(token.disguised for token in tokens[place : place + length])
                items.append(_Item(" ".join(words), classes or frozenset(), disguised))
                place += length
                break
    return items


def _meets(items: Sequence[_Item], rule: _Rule) -> bool:
    return any(
        _Attempt(items, rule, place).fits(0, place)
        for place, item in enumerate(items)
        if (rule.elements[0] in item.classes or rule.elements[0] == "START")
    )


@dataclass(slots=True)
class _Attempt:
    """One rule tried at one place."""

    items: Sequence[_Item]
    rule: _Rule
    first: int
    secret: int = -1

    def fits(self, step: int, place: int) -> bool:
        """Whether the elements from `step` on follow from `place` on."""
        if step == len(self.rule.elements):
            return self._holds()
        if place >= len(self.items):
            return False
        element = self.rule.elements[step]
        if element in _GAPS:
            return self._over_gap(step, place)
        if element[-1] in "*+":
            return self._over_several(step, place)
        if element == "START":
            return self._is_start(place) and self.fits(step + 1, place)
        if not self._is(element, place):
            return False
        if element == "SECRET":
            self.secret = place
        return self.fits(step + 1, place + 1)

    def _over_gap(self, step: int, place: int) -> bool:
        kind = self.rule.elements[step]
        room, unknown, sentences = (_MOST_ANY if kind == "~~" else _MOST_GAP), 0, 0
        for end in range(place, min(place + room, len(self.items) - 1) + 1):
            if not self._begins_a_clause(place, end) and self.fits(step + 1, end):
                return True
            item = self.items[end]
            if kind == "~~":
                sentences += item.text == disguises.PERIOD
                if "NEGATION" in item.classes or sentences > 1:
                    return False
            elif not _is_bridge(item):
                unknown += 1
                if kind == "-" or unknown > _MOST_UNKNOWN or not _may_pass(item):
                    return False
        return False

    def _over_several(self, step: int, place: int) -> bool:
        element = self.rule.elements[step]
        name, least = element[:-1], int(element[-1] == "+")
        for count in range(_MOST_REPEATED + 1):
            if count >= least and self.fits(step + 1, place + count):
                return True
            if place + count >= len(self.items) or name not in self.items[place + count].classes:
                return False
        return False

    def _is(self, element: str, place: int) -> bool:
        item = self.items[place]
        if element in _MARK_ELEMENTS:
            return item.text in _MARK_ELEMENTS[element]
        if element == "SECRET" and self._follows(place, "COMPOUND"):
            return False
        return element in item.classes

    def _begins_a_clause(self, start: int, place: int) -> bool:
        """Whether the secret at `place` is what another clause is about: "… and it was ended"."""
        joined = any(item.text in _CONJUNCTIONS for item in self.items[start:place])
        return (
            joined and "SECRET" in self.items[place].classes and self._follows(place, "SUBJECT_OF")
        )

    def _follows(self, place: int, name: str) -> bool:
        return place + 1 < len(self.items) and name in self.items[place + 1].classes

    def _is_start(self, place: int) -> bool:
        return place == 0 or self.items[place - 1].text in _SENTENCE_ENDS

    def _holds(self) -> bool:
        """Whether nothing around the words that fit takes the asking out of them."""
        unless = self.rule.unless
        if self._is_governed():
            return False
        if "new" in unless and self._is_new():
            return False
        if "vague" in unless and self._between("VAGUE"):
            return False
        if "kept" in unless and self._is_kept():
            return False
        before = self.items[self.first - 1].classes if self.first else frozenset[str]()
        if ("told" in unless and "KNOW" in before) or ("ours" in unless and "SPEAKER" in before):
            return False
        return not ("warned" in unless and self._is_warned())

    def _between(self, name: str) -> bool:
        return any(name in item.classes for item in self.items[self.first : self.secret])

    def _is_new(self) -> bool:
        around = self.items[max(0, self.secret - 2) : self.secret + 2]
        after = self.items[self.secret + 1 : self.secret + 7]
        return any("NEW" in item.classes for item in around) and not any(
            "US" in item.classes for item in after
        )

    def _is_kept(self) -> bool:
        for item in self.items[self.secret + 1 : self.secret + _FARTHEST_KEEPER]:
            if item.text in _SENTENCE_ENDS:
                return False
            if "KEEPER" in item.classes:
                return True
        return False

    def _is_warned(self) -> bool:
        before = self.items[max(0, self.secret - _FARTHEST_GOVERNOR) : self.secret]
        for item in reversed(before):
            if item.text in _SENTENCE_ENDS:
                return False
            if "CONDITION" in item.classes:
                return True
        return False

    def _is_governed(self) -> bool:
        """Whether the first word is under a negation, a condition, or a stranger's asking."""
        linked, asked, reader_alone = False, False, True
        start = max(0, self.first - _FARTHEST_GOVERNOR)
        for item in reversed(self.items[start : self.first]):
            if "NEGATION" in item.classes or (asked and "STRANGER" in item.classes):
                return True
            if reader_alone and "CONDITION" in item.classes and "POLITE" not in item.classes:
                return "READER" in self.items[self.first - 1].classes
            if "LINK" in item.classes:
                linked = True
            elif linked and "ASKING" in item.classes:
                linked, asked = False, True
            elif not item.classes & {"LIGHT", "READER"}:
                return False
            reader_alone = reader_alone and "READER" in item.classes
        return False


_BRIDGES: Final = frozenset({"BRIDGE", "NOW", "PLACE", "ALOUD"})
_GAPS: Final = frozenset({"~", "~~", "-"})
_SENTENCE_ENDS: Final = frozenset(
    {disguises.PERIOD, disguises.QUESTION, disguises.BLANK, disguises.LINE}
)
_CONJUNCTIONS: Final = frozenset({"e", "and", disguises.COMMA})
_MARK_ELEMENTS: Final[Mapping[str, frozenset[str]]] = {
    "END": _SENTENCE_ENDS | {disguises.COMMA, "e", "and"},
    "STOPPED": frozenset({disguises.PERIOD, disguises.LINE}),
    "QUESTION": frozenset({disguises.QUESTION}),
    "COLON": frozenset({disguises.COLON}),
    "BLANK": frozenset({disguises.BLANK}),
}


def _is_bridge(item: _Item) -> bool:
    if item.text in (disguises.COMMA, disguises.COLON, disguises.LINE):
        return True
    return not _BRIDGES.isdisjoint(item.classes) or _IN_SOME_MANNER.fullmatch(item.text) is not None


def _may_pass(item: _Item) -> bool:
    """Whether an unknown word may stand between a verb and its object."""
    if item.text in disguises.MARKS or item.classes & {"STOP", "NEGATION"}:
        return False
    return _DO_SOMETHING.fullmatch(item.text) is None
