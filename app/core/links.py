"""Addresses of the net inside other text: what mail programs turn into links by themselves.

Whoever can have us mail a stranger a text of theirs must not be able to send them somewhere.
"""

import re
from typing import Final

_LINK: Final = re.compile(r"[\w+-]+(?:://|@|\.[\w-]*[^\W\d_]{2})[^\s]*", re.IGNORECASE)
_JOINTS: Final = re.compile(r"[.:/@]+")


def has_link(text: str) -> bool:
    """Whether something in the text looks like a web or e-mail address."""
    return _LINK.search(text) is not None


def without_links(text: str) -> str:
    """The text with such addresses taken apart: no program makes a link of what is left."""
    return _LINK.sub(lambda found: _JOINTS.sub(" ", found.group()).strip(), text)
