"""Visitors: browsers that are known by a random id, and by nothing else."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

LIFETIME: Final = timedelta(days=180)
"""How long a visitor's decision counts, and its cookie lives: six months, and never more."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that calls: its id, None before it has decided anything.

    `signals`: it sends ``Sec-GPC: 1`` (Global Privacy Control), with this very request.
    """

    id: UUID | None
    signals: bool
