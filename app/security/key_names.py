"""Names of keys that take over from each other: they begin with the moment, so that the
alphabetically last one is the newest."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

_NAME: Final = re.compile(r"([0-9]{8}T[0-9]{12})Z-[0-9a-f]{8}")
_TIME: Final = "%Y%m%dT%H%M%S%f"


def taken_over(name: str) -> datetime | None:
    """When the key of that name took over, or None for a name of another form."""
    parts = _NAME.fullmatch(name)
    try:
        return datetime.strptime(parts[1], _TIME).replace(tzinfo=UTC) if parts else None
    except ValueError:  # no such day
        return None


def next_name(names: list[str], now: datetime) -> str:
    """A name after all of `names` (oldest first), even when the clock has been set back since."""
    if names and (newest := taken_over(names[-1])) is not None:
        now = max(now, newest + timedelta(microseconds=1))
    return f"{now.astimezone(UTC).strftime(_TIME)}Z-{secrets.token_hex(4)}"
