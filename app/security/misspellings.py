"""Words as they are mistyped, and texts as a browser draws them."""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from string import ascii_lowercase
from typing import Final

_TAG: Final = re.compile(r"<(?P<name>!--|/?[a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>")
_BLOCK_TAGS: Final = """
    address article blockquote br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li ol p pre
    section table td th tr ul
"""
_BLOCKS: Final = frozenset(_BLOCK_TAGS.split())


def misspellings(words: Iterable[str], spared: Collection[str]) -> Mapping[str, str]:
    """Each spelling that is one slip of the finger from one of the words, with that word."""
    wrong = {slip: word for word in words for slip in _slips(word)}
    return {slip: word for slip, word in wrong.items() if slip not in spared}


def _slips(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield from (before + letter + after for letter in ascii_lowercase)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in ascii_lowercase)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def untagged(text: str) -> str:
    """The text without HTML: what stands between inline tags is one word, blocks are lines."""
    return html.unescape(_TAG.sub(_drawn, text))


def _drawn(tag: re.Match[str]) -> str:
    return "\n" if tag["name"].strip("/").lower() in _BLOCKS else ""
