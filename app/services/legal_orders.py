"""From a request that was approved to the order of its package: what is granted, of whom, no more.

Persons are told apart by their place in the request, from 1, as its sender wrote it: a person who
is unknown is searched for like any other, and the package says that nobody was identified, which is
not that there is nothing.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_bases import BASES, ITEMS
from app.core.messages.legal import RECORDS, UNASKED
from app.services.collectors import COLLECTORS, fields_of
from app.services.collectors.collector import Collector, Warrant
from app.services.collectors.provenance import MARKS
from app.services.legal_reach import Reached
from app.services.package_orders import Batch, Category, PackageOrder, Refused, Rows
from app.services.platform import Platform

NOBODY: Final = UUID(int=0)
"""Whom a person who matches no customer is searched for as."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A request that is to be collected for: its row, whose it is, and who its persons are."""

    package_id: UUID
    request: Mapping[str, Any]
    agency: str
    people: Sequence[UUID | None]
    """By the request's order; None for one who is unknown."""
    holds: Mapping[UUID, Sequence[Reached]]
    """The holds that it reaches, by customer."""
    at: datetime
    """The moment to which it is collected."""


def order_of(platform: Platform, approved: Approved) -> PackageOrder:
    """The order of the package that answers it."""
    request = approved.request
    approvers = (request["approved_by"], request["approved_again_by"])
    return PackageOrder(
        package_id=approved.package_id,
        request_id=request["id"],
        reference=request["reference"],
        agency=approved.agency,
        kind=request["kind"],
        basis=request["basis"],
        article=BASES[request["basis"]].article,
        issuing_body=request["issuing_body"],
        process_number=request["process_number"],
        inquiry_number=request["inquiry_number"],
        period_from=request["period_from"],
        period_to=request["period_to"],
        period_zone=request["period_zone"],
        requested_at=request["submitted_at"],
        approved_at=request["status_at"],  # it has been collecting since the approval
        reviewed_by=request["reviewed_by"],
        approved_by=tuple(each for each in approvers if each is not None),
        checked_by=None,
        categories=tuple(_categories(platform, approved)),
        refused=tuple(_refused(request["decisions"])),
        preserved=_items(request["decisions"], "preserved"),
    )


def _categories(platform: Platform, approved: Approved) -> Iterator[Category]:
    decisions = approved.request["decisions"]
    granted = _items(decisions, "granted")
    for number, customer_id in enumerate(approved.people, 1):
        warrant = Warrant(
            approved.request["reference"],
            customer_id or NOBODY,
            fields_of(platform, granted),
            approved.request["period_from"],
            approved.request["period_to"],
            approved.holds.get(customer_id or NOBODY, ()),
            approved.at,
        )
        for name, collectors in COLLECTORS.items():
            items = tuple(item for item in granted if ITEMS[item].category == name)
            for collector in collectors if items else ():
                if collector.fields(platform, warrant):
                    yield _of_person(platform, collector, warrant, items, number)
    for item in _items(decisions, "not_held"):
        yield _unasked(item)


def _of_person(
    platform: Platform,
    collector: Collector,
    warrant: Warrant,
    items: tuple[str, ...],
    number: int,
) -> Category:
    titles = RECORDS[collector.resource]
    return Category(
        name=f"person_{number}_{collector.resource}",
        title=f"{titles['pt-BR']}, pessoa {number} da requisição",
        title_en=f"{titles['en']}, person {number} of the request",
        items=items,
        fields=collector.fields(platform, warrant),
        collector=f"{collector.resource}/2",
        query=collector.query(platform, warrant),
        rows=_rows(platform, collector, warrant),
        marks=MARKS,
        is_identified=warrant.customer_id != NOBODY,
    )


def _rows(platform: Platform, collector: Collector, warrant: Warrant) -> Rows:
    def rows(connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        return collector.batches(platform, warrant, within=connection)

    return rows


def _unasked(item: str) -> Category:
    return Category(
        name=item,
        title=UNASKED[item]["pt-BR"],
        title_en=UNASKED[item]["en"],
        items=(item,),
        fields=(),
        collector="none/1",
        query={},
        rows=None,
    )


def _refused(decisions: Sequence[Mapping[str, Any]]) -> Iterator[Refused]:
    for each in decisions:
        if each["decision"] == "refused":
            category = ITEMS[each["item"]].category
            yield Refused(category, each["item"], each["reason"], each["article"])


def _items(decisions: Sequence[Mapping[str, Any]], decision: str) -> tuple[str, ...]:
    return tuple(each["item"] for each in decisions if each["decision"] == decision)
