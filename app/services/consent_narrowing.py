"""What a new yes to a third party takes back of the one before: fields, or time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Yes:
    """How far a yes to a third party goes; it always names its fields and its end."""

    fields: tuple[str, ...] | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`fields` are those that are no longer covered, `until` is the new end where it comes sooner.

    At least one of the two says something.
    """

    fields: frozenset[str]
    until: datetime | None


def narrowing(before: Yes, now: Yes) -> Narrowing | None:
    """What `now` takes back of `before`; None where it takes back nothing."""
    fields = frozenset(before.fields or ()) - frozenset(now.fields or ())
    sooner = (
        before.expires_at is not None
        and now.expires_at is not None
        and now.expires_at < before.expires_at
    )
    if not fields and not sooner:
        return None
    return Narrowing(fields, now.expires_at if sooner else None)
