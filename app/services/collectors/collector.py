"""What a collector is: the rows of one resource, as far as one approved target opens them."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.scopes import Scope
from app.access.viewers import Viewer
from app.core.statements import Prepared
from app.core.transactions import Transaction, run
from app.projection.plans import Plan, View
from app.services.platform import Platform

BATCH: Final = 1000
"""Rows in memory at a time."""

_FIRST: Final = UUID(int=0)

Finish = Callable[[Platform, UUID, dict[str, Any]], None]
"""Makes what is sealed in a row's view readable; it is given the row's id."""


@dataclass(frozen=True, slots=True)
class Warrant:
    """What an approved target opens: one customer, fields, and a period if there is one.

    `fields` are as the matrix names them (``customer.name``, ``access_record.ip``): those that the
    basis covers. `since` is included, `until` is not; each is a moment with its zone, and either
    may be open. `reference` names the request. Raises `ValueError` for a period that is none.
    """

    reference: str
    customer_id: UUID
    fields: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None

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

    `timed`: its rows have a moment, which a period bounds; the others are as they stand.
    `wants_period`: nothing is collected without one that is closed on both sides.
    """

    category: str
    resource: str
    timed: bool = False
    wants_period: bool = False
    finish: Finish | None = None

    def fields(self, platform: Platform, warrant: Warrant) -> tuple[str, ...]:
        """The fields of each row, without the resource's name; none if the warrant opens none."""
        return self._plan(platform, warrant).visible

    def query(self, platform: Platform, warrant: Warrant) -> dict[str, Any]:
        """What is asked of the database, as data for a manifest. It names the customer nowhere.

        Raises `ValueError` as `batches` does.
        """
        since, until = self._period(warrant)
        fields = self.fields(platform, warrant)
        field = self._plan(platform, warrant).moment
        bounds = {"field": field, "from": _moment(since), "until": _moment(until)}
        return {
            "category": self.category,
            "resource": self.resource,
            "rows": Scope.TARGET.value,
            "fields": list(fields),
            "period": bounds if self.timed else None,
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
        Nothing but the fields and the row's id, its place, enters the process. Nothing is put on
        record: that is for whoever asked for it, under the request. Raises `ValueError` without
        the period that it wants, `Failure("database_unavailable")`.
        """
        since, until = self._period(warrant)
        plan = self._plan(platform, warrant)
        if not plan.visible:
            return
        statement = self._statement(platform, warrant)
        values = platform.projection.scope(warrant.actor, platform.clock())
        values |= {"since": since, "until": until, "limit": size, "after": _FIRST}
        read = platform.database.fetch if within is None else partial(run, within)
        while rows := await read(statement, values):
            views = [platform.projection.view(plan, row) for row in rows]
            if self.finish is not None:
                for row, view in zip(rows, views, strict=True):
                    self.finish(platform, row[-1], view)
            yield views
            if len(rows) < size:
                return
            values["after"] = rows[-1][-1]

    async def is_held(self, platform: Platform, warrant: Warrant) -> bool:
        """Whether there is a row. Raises as `batches` does."""
        async for _ in self.batches(platform, warrant, 1):
            return True
        return False

    def _plan(self, platform: Platform, warrant: Warrant) -> Plan:
        return platform.projection.lawful(warrant.actor, self.resource, self._asked(warrant))

    def _asked(self, warrant: Warrant) -> frozenset[str]:
        own = f"{self.resource}."
        return frozenset(
            field.removeprefix(own) for field in warrant.fields if field.startswith(own)
        )

    def _period(self, warrant: Warrant) -> tuple[datetime | None, datetime | None]:
        if self.wants_period and (warrant.since is None or warrant.until is None):
            raise ValueError(f"{self.category} are given for a stated period alone")
        return (warrant.since, warrant.until) if self.timed else (None, None)

    def _statement(self, platform: Platform, warrant: Warrant) -> Prepared:
        since, until = self._period(warrant)
        return platform.projection.batch(
            warrant.actor,
            self.resource,
            self._asked(warrant),
            since=since is not None,
            until=until is not None,
        )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
