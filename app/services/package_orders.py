"""What a disclosure package is made of: decided elsewhere, carried out here to the letter."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

Batch = Sequence[Mapping[str, Any]]
Rows = Callable[[AsyncConnection], AsyncGenerator[Batch, None]]
"""From the view of the database that the package is made in to the rows, batch by batch: the same
ones in the same order each time that it is called."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of data that was granted, with what collects it.

    `fields` are the only ones that leave, in this order; ``address.city`` is a member of an object.
    `query` says as data what is asked of the database, and of which holds. Without `rows` the
    service keeps no such data at all, which is what the package then says. Raises ValueError for a
    `name` that cannot name a file.
    """

    name: str
    title: str
    """In Portuguese, as the certificate says it."""
    title_en: str
    items: tuple[str, ...]
    """The items of the request that it answers (`access/legal_bases.py`)."""
    fields: tuple[str, ...]
    collector: str
    """Its name and version, which changes with what it collects: ``access_records/1``."""
    query: Mapping[str, Any]
    rows: Rows | None
    marks: tuple[str, ...] = ()
    """What each row says of itself, beside the fields (`collectors/provenance.py`)."""
    is_identified: bool = True
    """Whether what was said of the person led to an account: else it says nothing that there is
    none."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a category's name has small letters, digits and _")


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for and is not in the package, and why."""

    category: str
    field: str | None
    """None: the whole category."""
    reason_code: str
    article: str


@dataclass(frozen=True, slots=True)
class PackageOrder:
    """A request as it was decided. Everything of it stands in the manifest; ids name people."""

    package_id: UUID
    request_id: UUID
    reference: str
    agency: str
    kind: str
    basis: str
    article: str
    issuing_body: str | None
    process_number: str | None
    inquiry_number: str | None
    period_from: datetime | None
    period_to: datetime | None
    period_zone: str | None
    requested_at: datetime
    approved_at: datetime
    reviewed_by: UUID
    approved_by: tuple[UUID, ...]
    checked_by: UUID | None
    """Who checks what was collected before it leaves; None while that is still to be done."""
    categories: tuple[Category, ...]
    refused: tuple[Refused, ...] = ()
    preserved: tuple[str, ...] = ()
    """Items of a preservation: frozen where there is anything, and given to nobody. The package
    never says whether there is."""
