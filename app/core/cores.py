"""How much of the machine this process may use."""

import os


def usable_cores() -> int:
    """The cores this process may run on; all of the machine's where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
