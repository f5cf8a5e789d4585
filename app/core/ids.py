"""Identifiers: UUIDv7 (RFC 9562), sortable by time of making."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def new_id() -> UUID:
    """A fresh UUIDv7 with the millisecond of its making."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: the border between ids made before and after it.

    Before 1970 there are none: such a moment is taken for the first that has any.
    """
    milliseconds = max(0, (moment - _EPOCH) // _MILLISECOND)  # exact, where floats are not
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)


def fresh_id_at(moment: datetime) -> UUID:
    """A fresh UUIDv7 of a moment's millisecond, whose rest is all random.

    For records whose ids must follow a time of their own, so that a range of ids is one of times.
    """
    return UUID(int=id_at(moment).int | secrets.randbits(12) << 64 | secrets.randbits(62))


def coarse_id(now: datetime) -> UUID:
    """A fresh UUIDv7 whose time says only the month, and whose rest is all random.

    For records shown to viewers who may not see when they were created: an ordinary UUIDv7 would
    tell them to the millisecond, and its counter in which order. RFC 9562 section 6.1 allows
    an altered time, section 6.9 random bits instead of a counter.
    """
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return fresh_id_at(month)
