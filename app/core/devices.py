"""What somebody calls with, as a label a person recognises; never the agent's own text."""

SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("cros", "ChromeOS"),
    ("linux", "Linux"),
)
PROGRAMS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("chrome", "Chrome"),
    ("crios", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
)
"""In the order in which they are looked for: most agents name others too."""

LONGEST = 512


def device_label(agent: str | None) -> str | None:
    """``"Firefox, Windows"`` out of a User-Agent; ``"API"`` for what is no browser, None for none.

    Only words of our own come out, whatever went in.
    """
    if not agent:
        return None
    text = agent[:LONGEST].lower()
    program = next((name for mark, name in PROGRAMS if mark in text), None)
    system = next((name for mark, name in SYSTEMS if mark in text), None)
    return ", ".join(filter(None, (program, system))) or "API"
