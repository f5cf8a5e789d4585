"""The deadlines of a legal request, and how long an order of secrecy can bind."""

from datetime import datetime, timedelta
from typing import Final

from app.access.legal_bases import Basis
from app.core import business_days

LONGEST_SECRECY: Final = timedelta(days=731)
"""An order without an end binds for two years; then somebody must say that it still does."""


def secrecy_end(
    basis: str | None, until: datetime | None, received_at: datetime
) -> datetime | None:
    """When an order of secrecy ends: as it says itself, or after the longest that binds.

    None without an order: it has a basis.
    """
    if basis is None:
        return None
    return received_at + LONGEST_SECRECY if until is None else until


def due_at(basis: Basis, received_at: datetime, asked_for: datetime | None) -> datetime:
    """By when the answer is due: hours or business days by basis, or sooner where asked for."""
    if basis.hours is not None:
        due = received_at + timedelta(hours=basis.hours)
    else:
        assert basis.days is not None  # noqa: S101 - `legal_bases.py` has one of the two
        due = business_days.add(received_at, basis.days)
    return due if asked_for is None else min(due, max(asked_for, received_at))


def resumed(due: datetime, stopped_at: datetime, now: datetime) -> datetime:
    """The deadline once information came that the sender owed since `stopped_at`."""
    return due + max(now - stopped_at, timedelta())
