"""Where a refused value stood: Pydantic's locations as JSON pointers (RFC 6901) into the body."""

from collections.abc import Mapping, Sequence

_KEY_OF_A_MAP = "[key]"


def pointer_of(location: Sequence[str | int], body: object, *, absent: bool = False) -> str:
    """The pointer to `location` within `body`; ``""`` is the body itself.

    Steps that the body does not have are labels of Pydantic's own (which member of a union it
    tried) and are left out; with `absent` the last step names a member that should have been there.
    """
    if location and location[-1] == _KEY_OF_A_MAP:
        location = location[:-2]  # the key is the caller's text: point at the map
    steps: list[str] = []
    node = body
    for position, step in enumerate(location):
        if isinstance(step, int):
            if not isinstance(node, list) or step >= len(node):
                continue
            node = node[step]
        elif isinstance(node, Mapping) and step in node:
            node = node[step]
        elif not (absent and isinstance(node, Mapping) and position == len(location) - 1):
            continue
        steps.append(escaped(str(step)))
    return "".join(steps)


def escaped(name: str) -> str:
    """One step of a pointer, its slash in front."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
