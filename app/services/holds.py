"""What is held back for the law: rows about these people are not deleted when their time is over.

A hold (Marco Civil arts. 13 §2 and 15 §2) is about accounts (`legal_holds.py`). Whoever deletes by
age what no hold copies (`held_tables.py`) asks for `free`.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.models import LegalHold

Holds = Sequence[Select[UUID]]

HELD: Final[Holds] = (select(LegalHold.customer_id).where(LegalHold.ended_at.is_(None)),)
"""SELECTs of the ids of accounts that are held."""


def free(account: InstrumentedAttribute[Any], holds: Holds = HELD) -> ColumnElement[bool]:
    """Whether a row may be deleted: the account that its column names is held by none.

    A row that names no account is about nobody who could be held.
    """
    unheld = [or_(account.is_(None), account.not_in(held)) for held in holds]
    return and_(true(), *unheld)
