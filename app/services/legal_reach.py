"""Which holds a request reaches: what was frozen is opened to the matter that it was frozen for.

The law wants both. Who had data preserved comes back with an order, which is answered from what was
kept (Lei 12.965/2014, arts. 13 §§ 2º-3º and 15 § 2º: "autoridade requerente", "autorização
judicial"). And the preservation is secret (art. 13 § 4º), towards everybody but whoever asked for
it: a preserved copy in a package tells that there is a hold. So a request reaches a hold

* of its own agency, if it is in the same matter (the same process or inquiry, or the process in
  which the hold was filed), or its sender acts for the hold's own request and knows of it;
* of whichever agency, if it is a judge's order in the very process that the hold names.

An agency alone is too wide: its officers see no requests of each other's either. An inquiry's
number says nothing outside the body that counts them. For everybody else a hold changes nothing:
not what is found, nor how far back. A package says therefore what was searched: the data of today,
and what is preserved in the request's own matter.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.access.legal_bases import BASES
from app.models import HeldCopy, LegalColleague, LegalHold, LegalRequest

_JUDGES: Final = tuple(code for code, basis in BASES.items() if basis.offices == {"judge"})


@dataclass(frozen=True, slots=True)
class Reached:
    """A hold whose copies are open to a request. `since` is when the oldest of them was taken."""

    hold_id: UUID
    customer_id: UUID
    since: datetime


def lives(hold: Any, now: datetime) -> ColumnElement[bool]:
    """Not ended, and not past its time, though the worker did not come by yet."""
    return and_(hold.ended_at.is_(None), or_(hold.filed_at.is_not(None), hold.lapses_at > now))


async def reached(
    connection: AsyncConnection, request_id: UUID, now: datetime
) -> Mapping[UUID, Sequence[Reached]]:
    """The holds that a request reaches, by customer, the oldest first.

    One whose time has just passed counts as long as another of the same matter lives: what it
    keeps goes to that one.
    """
    asking, preserving, hold = aliased(LegalRequest), aliased(LegalRequest), aliased(LegalHold)
    theirs, other = aliased(LegalRequest), aliased(LegalHold)
    kept_up = (
        exists()
        .where(other.request_id == theirs.id, other.customer_id == hold.customer_id)
        .where(lives(other, now), _reaches(asking, other, theirs))
        .correlate(asking, hold)
    )
    chosen = (
        select(hold.id, hold.customer_id, func.min(HeldCopy.taken_at).label("since"))
        .join(preserving, preserving.id == hold.request_id)
        .join(asking, asking.id == request_id)
        .join(HeldCopy, HeldCopy.hold_id == hold.id)
        .where(hold.ended_at.is_(None), _reaches(asking, hold, preserving), kept_up)
        .group_by(hold.id, hold.customer_id)
        .order_by(hold.id)
    )
    found: defaultdict[UUID, list[Reached]] = defaultdict(list)
    for row in await connection.execute(chosen):
        found[row.customer_id].append(Reached(row.id, row.customer_id, row.since))
    return found


async def heir(connection: AsyncConnection, hold_id: UUID, now: datetime) -> UUID | None:
    """The oldest living hold on the same customer in the same matter, for one that ends."""
    hold, preserving = aliased(LegalHold), aliased(LegalRequest)
    other, asking = aliased(LegalHold), aliased(LegalRequest)
    chosen = (
        select(other.id)
        .join(asking, asking.id == other.request_id)
        .join(hold, and_(hold.id == hold_id, hold.customer_id == other.customer_id))
        .join(preserving, preserving.id == hold.request_id)
        .where(other.id != hold_id, lives(other, now), _reaches(asking, hold, preserving))
        .order_by(other.id)
        .limit(1)
    )
    return (await connection.execute(chosen)).scalar()


def _reaches(asking: Any, hold: Any, preserving: Any) -> ColumnElement[bool]:
    process = _plain(asking.process_number)
    same_process = or_(
        process == _plain(preserving.process_number), process == _plain(hold.filing_number)
    )
    same_inquiry = _plain(asking.inquiry_number) == _plain(preserving.inquiry_number)
    colleagues = (
        select(LegalColleague.officer_id)
        .where(LegalColleague.request_id == preserving.id)
        .correlate(preserving)
    )
    same_people = or_(asking.officer_id == preserving.officer_id, asking.officer_id.in_(colleagues))
    own = and_(
        asking.agency_id == preserving.agency_id, or_(same_process, same_inquiry, same_people)
    )
    ordered = and_(asking.basis.in_(_JUDGES), same_process)
    return or_(own, ordered)


def _plain(number: Any) -> ColumnElement[str]:
    """As two people write the same number: ``IP 9/2026`` and ``ip 9/2026``; with a mask or not."""
    for sign in (" ", ".", "-"):
        number = func.replace(number, sign, "")
    plain: ColumnElement[str] = func.lower(number)
    return plain
