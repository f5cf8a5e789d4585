"""What holds preserve of one customer, beside the rows of today: earlier forms, and what is gone.

A copy is a whole row. It goes the way of any row all the same: only what the lawful scope admits
and the period has, only through the narrowed plan, and nothing of it is told but the plan's view.
A form that the fields of the basis cannot tell from today's, or from one that was given already, is
the same to the authority, and is given once: that another field was edited is none of its business.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Dialect, Uuid, select

from app.access.permissions import OWNER
from app.core.statements import Prepared, bound, prepare
from app.core.transactions import Transaction, run
from app.models import Customer, Membership, table_of
from app.projection.plans import View
from app.projection.projection import to_json
from app.services import held_copies
from app.services.collectors.provenance import LIVE, Because, marked, preserved
from app.services.held_copies import Kept
from app.services.platform import Platform

_MEMBERSHIPS: Final = table_of(Membership).name
Placed = tuple[UUID, View]
"""A row of today, with its place in the order of ids."""
Admits = Callable[[Mapping[str, Any]], bool]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Past:
    """What there is to know for telling a customer's copies, as of `now`.

    `view` makes the plan's view of a copied row. `ends` is the column that says when a row's time
    is over, where there is one.
    """

    view: Callable[[Mapping[str, Any]], View]
    admits: Admits
    erased: bool
    ends: str | None
    now: datetime

    def because(self, row: Mapping[str, Any], stands: bool) -> Because:
        """Why the data of today do not have a row in this form; `stands`: they have another."""
        if stands:
            return "erased" if self.erased else "edited"
        if self.ends is not None and moment(row[self.ends]) <= self.now:
            return "expired"
        return "erased"


async def owners(
    platform: Platform, holds: Sequence[UUID], within: Transaction | None
) -> frozenset[str]:
    """The logins that owned the account when it was copied: few, and as JSON writes them."""
    found: set[str] = set()
    async with aclosing(held_copies.read(platform, holds, _MEMBERSHIPS, within=within)) as pages:
        async for page in pages:
            for each in page:
                own = tuple(each.row["permissions"]) == (OWNER,)
                if own and each.row["revoked_at"] is None:
                    found.add(each.row["login_id"])
    return frozenset(found)


async def is_erased(platform: Platform, customer_id: UUID, within: Transaction | None) -> bool:
    """Whether the account itself is erased by now."""
    statement = _status(platform.database.dialect)
    values = {"id": customer_id}
    if within is None:
        rows = await platform.database.fetch(statement, values)
    else:
        rows = await run(within, statement, values)
    return bool(rows) and rows[0][0] == "erased"


async def united(
    live: AsyncIterator[Sequence[Placed]],
    copies: AsyncIterator[Sequence[Kept]],
    past: Past,
    size: int,
) -> AsyncGenerator[list[View], None]:
    """The rows of today, each followed by its earlier forms, and those that are gone in between.

    Both come in the order of ids, and a record's copies the oldest first; what is given is in that
    order, too, `size` rows at a time, of which no more than these and a page are in memory.
    """
    batch: list[View] = []
    async with aclosing(_united(_each(live), _each(copies), past)) as rows:
        async for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    if batch:
        yield batch


async def _united(
    live: AsyncGenerator[Placed, None], copies: AsyncGenerator[Kept, None], past: Past
) -> AsyncGenerator[View, None]:
    async with aclosing(live), aclosing(copies):
        kept = _Copies(copies, past, await anext(copies, None))
        async for place, view in live:
            async for form in kept.gone(place):
                yield form
            told = _Told(place, view)
            yield marked(view, LIVE)
            for form in await kept.forms(told):
                yield form
        async for form in kept.gone(None):
            yield form


class _Told:
    """The forms of one record that were given: today's, if it stands, and earlier ones."""

    def __init__(self, record_id: UUID, today: View | None = None) -> None:
        self.record_id = record_id
        self.stands = today is not None
        self._forms = set() if today is None else {to_json(today)}

    def is_new(self, view: View) -> bool:
        """Whether it is another form than those before; from now on it is one of them."""
        known = len(self._forms)
        self._forms.add(to_json(view))
        return len(self._forms) > known


class _Copies:
    """The copies, one ahead."""

    def __init__(self, copies: AsyncGenerator[Kept, None], past: Past, ahead: Kept | None) -> None:
        self._copies, self._past, self._ahead = copies, past, ahead

    async def forms(self, told: _Told) -> list[View]:
        """The earlier forms of one record: no more than there were holds."""
        found = []
        while self._ahead is not None and self._ahead.record_id == told.record_id:
            kept, self._ahead = self._ahead, await anext(self._copies, None)
            if not self._past.admits(kept.row):
                continue
            view = self._past.view(kept.row)
            if told.is_new(view):
                why = self._past.because(kept.row, told.stands)
                found.append(marked(view, preserved(kept.taken_at, why)))
        return found

    async def gone(self, before: UUID | None) -> AsyncGenerator[View, None]:
        """What does not stand today, of the records before a place: all the rest without one."""
        while self._ahead is not None and (before is None or self._ahead.record_id < before):
            for form in await self.forms(_Told(self._ahead.record_id)):
                yield form


async def _each(batches: AsyncIterator[Sequence[T]]) -> AsyncGenerator[T, None]:
    async for batch in batches:
        for row in batch:
            yield row


def moment(text: str) -> datetime:
    """A moment as a copy has it."""
    return datetime.fromisoformat(text)


@lru_cache(maxsize=4)
def _status(dialect: Dialect) -> Prepared:
    customer = table_of(Customer)
    return prepare(select(customer.c.status).where(customer.c.id == bound("id", Uuid())), dialect)
