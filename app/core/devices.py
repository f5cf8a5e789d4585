"""What somebody calls with, as a label a person recognises; never the agent's own text."""

import re
from typing import Final

LONGEST: Final = 512
"""Characters that are looked at; browsers say everything in half of it."""

# In the order in which they are looked for: most agents name others too.
_PROGRAMS: Final = (
    ("edg", "Edge"),
    ("edga", "Edge"),
    ("edgios", "Edge"),
    ("edge", "Edge"),
    ("opr", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("chrome", "Chrome"),
    ("headlesschrome", "Chrome"),
    ("crios", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS: Final = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("macintosh", "macOS"),
    ("cros", "ChromeOS"),
    ("linux", "Linux"),
)
_PRODUCT: Final = re.compile(r"[a-z]+(?=/)")  # as in "Firefox/145.0"
_WORD: Final = re.compile(r"[a-z]+")


def device_label(agent: str | None) -> str | None:
    """``"Firefox, Windows"`` out of a User-Agent; ``"API"`` for what is no browser, None for none.

    Only words of our own come out, whatever went in: the same in every language.
    """
    if agent is None or not agent.strip():
        return None
    text = agent[:LONGEST].lower()
    products, words = set(_PRODUCT.findall(text)), set(_WORD.findall(text))
    program = next((label for name, label in _PROGRAMS if name in products), None)
    system = next((label for name, label in _SYSTEMS if name in words), None)
    return ", ".join(filter(None, (program, system))) or "API"
