"""What a collector is: the rows of one resource, as far as one approved target opens them.

They are the rows of today and, where the request reaches a hold on the customer, what that
preserves of them (`preserved.py`). Each row says which it is (`provenance.py`).
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.scopes import Scope
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.core.ids import id_at
from app.core.statements import Prepared
from app.core.transactions import Transaction, run
from app.projection.periods import moment_of, rule_of
from app.projection.plans import Plan, View
from app.services import held_copies
from app.services.collectors import preserved
from app.services.collectors.provenance import LIVE, marked
from app.services.collectors.provenance import preserved as kept
from app.services.held_tables import COPIED
from app.services.legal_reach import Reached
from app.services.platform import Platform

BATCH: Final = 1000
"""Rows in memory at a time."""

_FIRST: Final = UUID(int=0)
_COPIED: Final = frozenset(table.name for table, _ in COPIED)

Finish = Callable[[Platform, UUID, dict[str, Any]], None]
"""Makes what is sealed in a row's view readable; it is given the row's id."""


@dataclass(frozen=True, slots=True)
class Warrant:
    """What an approved target opens: one customer, fields, and a period if there is one.

    `fields` are as the matrix names them (``customer.name``, ``access_record.ip``): those that the
    basis covers. `since` is included, `until` is not; each is a moment with its zone, and either
    may be open. `reference` names the request. `holds` are those on the customer that it reaches,
    as of `at`: the moment to which everything is collected, that of each call unless given. Raises
    `ValueError` for a period that is none.
    """

    reference: str
    customer_id: UUID
    fields: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None
    holds: Sequence[Reached] = ()
    at: datetime | None = None

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.since, self.until) if bound is not None]
        if any(bound.tzinfo is None for bound in bounds):
            raise ValueError("a period is told by moments with their zone")
        if len(bounds) == 2 and bounds[0] >= bounds[1]:
            raise ValueError("a period ends after it begins")

    @property
    def actor(self) -> Actor:
        """The service itself, in the capacity of the authority: it sees what that may, of whom."""
        return Actor(
            kind="system",
            viewer=Viewer.AUTHORITY,
            purpose=PURPOSES[Viewer.AUTHORITY][0],
            request_id=self.reference,
            customer_id=self.customer_id,
        )


@dataclass(frozen=True, slots=True)
class Collector:
    """The rows of one resource, one part of what a category of data is made of.

    `timed`: a period bounds its rows (`projection/periods.py`); the others are as they stand.
    `wants_period`: nothing is collected without one that is closed on both sides. `kept_since`:
    from which moment on rows are kept without a hold, where a hold may keep older ones; their ids
    are in the order of time. Of copied rows, `owner` is the column that must name an owner of the
    account, and `ends` the one that says when a row's time is over, where the scope, or the
    retention, has such a column.
    """

    category: str
    resource: str
    timed: bool = False
    wants_period: bool = False
    finish: Finish | None = None
    kept_since: Callable[[datetime], datetime] | None = None
    owner: str | None = None
    ends: str | None = None

    def fields(self, platform: Platform, warrant: Warrant) -> tuple[str, ...]:
        """The fields of each row, without the resource's name; none if the warrant opens none."""
        return self._plan(platform, warrant).visible

    def query(self, platform: Platform, warrant: Warrant) -> dict[str, Any]:
        """What is asked of the database, as data for a manifest. It names the customer nowhere.

        ``preserved`` are the holds whose copies are searched, too, or which keep rows beyond their
        time (``kept_since``): none, unless the request reaches one. Raises `ValueError` as
        `batches` does.
        """
        since, until = self._asked_period(warrant)
        fields = self.fields(platform, warrant)
        field = moment_of(self.resource, self._plan(platform, warrant).moment)
        bounds = {"field": field, "from": _moment(since), "until": _moment(until)}
        bounds["rows"] = rule_of(self.resource)
        return {
            "category": self.category,
            "resource": self.resource,
            "rows": Scope.TARGET.value,
            "fields": list(fields),
            "period": bounds if self.timed else None,
            "kept_since": _moment(self._floor(platform, warrant)),
            "preserved": [
                {"hold_id": str(hold.hold_id), "since": _moment(hold.since)}
                for hold in warrant.holds
                if self._is_copied or self.kept_since is not None
            ],
            "order": ["id"],
            "policy_hash": platform.projection.hash,
            "statement": self._statement(platform, warrant).sql if fields else None,
        }

    async def batches(
        self,
        platform: Platform,
        warrant: Warrant,
        size: int = BATCH,
        within: Transaction | None = None,
    ) -> AsyncGenerator[list[View], None]:
        """The rows as the basis lets an authority see them, some at a time, each exactly once.

        Found by keyset, in the order of their ids, each batch by a lone read: what is added or
        deleted meanwhile shifts nothing, and neither memory nor any transaction grows. `within` a
        snapshot they are of its moment, however often they are asked for: a package reads twice.
        Of live rows nothing but the fields and the row's id, its place, enters the process; copies
        are opened whole, and leave by the same plan. Each row says where it comes from. Nothing is
        put on record: that is for whoever asked for it, under the request. Raises `ValueError`
        without the period that it wants, `SealBroken`, `Failure("database_unavailable")`.
        """
        if not self._plan(platform, warrant).visible:
            self._asked_period(warrant)
            return
        live = self._live(platform, warrant, size, within)
        if not (warrant.holds and self._is_copied):
            mark = self._mark(platform, warrant)
            async with aclosing(live) as batches:
                async for rows in batches:
                    yield [marked(view, mark(place)) for place, view in rows]
            return
        holds = [hold.hold_id for hold in warrant.holds]
        past = await self._past(platform, warrant, holds, within)
        copies = held_copies.read(platform, holds, self._table, size, within)
        async with aclosing(preserved.united(live, copies, past, size)) as united:
            async for batch in united:
                yield batch

    async def is_held(self, platform: Platform, warrant: Warrant) -> bool:
        """Whether there is a row. Raises as `batches` does."""
        async for _ in self.batches(platform, warrant, 1):
            return True
        return False

    async def _live(
        self, platform: Platform, warrant: Warrant, size: int, within: Transaction | None
    ) -> AsyncGenerator[list[preserved.Placed], None]:
        since, until = self._period(platform, warrant)
        plan = self._plan(platform, warrant)
        statement = self._statement(platform, warrant)
        values = platform.projection.scope(warrant.actor, self._at(platform, warrant))
        values |= {"since": since, "until": until, "limit": size, "after": _FIRST}
        read = platform.database.fetch if within is None else partial(run, within)
        while rows := await read(statement, values):
            views = [platform.projection.view(plan, row) for row in rows]
            if self.finish is not None:
                for row, view in zip(rows, views, strict=True):
                    self.finish(platform, row[-1], view)
            yield [(row[-1], view) for row, view in zip(rows, views, strict=True)]
            if len(rows) < size:
                return
            values["after"] = rows[-1][-1]

    async def _past(
        self,
        platform: Platform,
        warrant: Warrant,
        holds: Sequence[UUID],
        within: Transaction | None,
    ) -> preserved.Past:
        plan = self._plan(platform, warrant)
        since, until = self._period(platform, warrant)
        theirs = await preserved.owners(platform, holds, within) if self.owner else frozenset()

        def admits(row: Mapping[str, Any]) -> bool:
            """The lawful scope and the period, of a copy."""
            if self.owner is not None and row[self.owner] not in theirs:
                return False
            if plan.moment is None or not self.timed:
                return True
            at = preserved.moment(row[plan.moment])
            return (since is None or at >= since) and (until is None or at < until)

        return preserved.Past(
            view=platform.projection.view_of_copy(plan),
            admits=admits,
            erased=await preserved.is_erased(platform, warrant.customer_id, within),
            ends=self.ends,
            now=self._at(platform, warrant),
        )

    def _mark(self, platform: Platform, warrant: Warrant) -> Callable[[UUID], Mapping[str, Any]]:
        """Where a live row comes from, by its place: a hold keeps what is beyond its time."""
        if self.kept_since is None or not warrant.holds:
            return lambda _: LIVE
        border = id_at(self.kept_since(self._at(platform, warrant)))
        expired = kept(min(hold.since for hold in warrant.holds), "expired")
        return lambda place: LIVE if place >= border else expired

    @property
    def _table(self) -> str:
        return RESOURCES[self.resource].table

    @property
    def _is_copied(self) -> bool:
        return self._table in _COPIED

    def _at(self, platform: Platform, warrant: Warrant) -> datetime:
        return warrant.at or platform.clock()

    def _floor(self, platform: Platform, warrant: Warrant) -> datetime | None:
        """Before which nothing is given, held by others or not: its time was over when the oldest
        hold that the request reaches was placed, or is over today."""
        if self.kept_since is None:
            return None
        moments = [hold.since for hold in warrant.holds]
        return self.kept_since(min(moments, default=self._at(platform, warrant)))

    def _plan(self, platform: Platform, warrant: Warrant) -> Plan:
        return platform.projection.lawful(warrant.actor, self.resource, self._asked(warrant))

    def _asked(self, warrant: Warrant) -> frozenset[str]:
        own = f"{self.resource}."
        return frozenset(
            field.removeprefix(own) for field in warrant.fields if field.startswith(own)
        )

    def _asked_period(self, warrant: Warrant) -> tuple[datetime | None, datetime | None]:
        if self.wants_period and (warrant.since is None or warrant.until is None):
            raise ValueError(f"{self.category} are given for a stated period alone")
        return (warrant.since, warrant.until) if self.timed else (None, None)

    def _period(
        self, platform: Platform, warrant: Warrant
    ) -> tuple[datetime | None, datetime | None]:
        since, until = self._asked_period(warrant)
        bounds = [bound for bound in (since, self._floor(platform, warrant)) if bound is not None]
        return max(bounds, default=None), until

    def _statement(self, platform: Platform, warrant: Warrant) -> Prepared:
        since, until = self._period(platform, warrant)
        return platform.projection.batch(
            warrant.actor,
            self.resource,
            self._asked(warrant),
            since=since is not None,
            until=until is not None,
        )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
