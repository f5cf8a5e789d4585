"""What is collected for an authority: the one register, by category of data (promises P6, P7).

A category is one or more collectors, each the rows of one resource. Whatever is added to the
service's data becomes one more entry here. The only way out is the *authority* plan of the matrix,
narrowed to what an approved target opens (`Warrant`): exactly one customer, the fields that the
basis covers, the period.

Collecting puts nothing on record by itself. Whoever collects does, under the request and never
under the customer: their own access log would tell them, whatever a judge ordered.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from app.access.legal_bases import ITEMS
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.services.collectors import (
    access_records,
    communications,
    consents,
    disclosures,
    registration_data,
)
from app.services.collectors.collector import Collector, Warrant
from app.services.platform import Platform

COLLECTORS: Final[Mapping[str, Sequence[Collector]]] = {
    registration_data.CATEGORY: (registration_data.ACCOUNT, registration_data.OWNERS),
    access_records.CATEGORY: (access_records.USES,),
    consents.CATEGORY: (consents.SAID, consents.STANDING),
    disclosures.CATEGORY: (disclosures.LEFT,),
    communications.CATEGORY: (communications.WRITTEN,),
}
"""Every category that can be asked for, in the order in which they are given. One without a
collector is one of which the service collects nothing yet."""

Answer = Literal["held", "not_held"]


def fields_of(platform: Platform, items: Iterable[str]) -> frozenset[str]:
    """The fields, for a `Warrant`, that granted items of `access/legal_bases.py` are.

    Raises `KeyError` for what is no item.
    """
    purpose = PURPOSES[Viewer.AUTHORITY][0]
    fields: set[str] = set()
    for item in (ITEMS[name] for name in items):
        if item.fields is not None:
            fields |= {f"{registration_data.ACCOUNT.resource}.{field}" for field in item.fields}
            fields |= {f"{registration_data.OWNERS.resource}.{field}" for field in item.owners}
            continue
        for resource in (collector.resource for collector in COLLECTORS[item.category]):
            plan = platform.projection.plans[Viewer.AUTHORITY, purpose, resource]
            fields |= {f"{resource}.{field}" for field in plan.lawful}
    return frozenset(fields)


async def answer(platform: Platform, category: str, warrant: Warrant) -> Answer:
    """Whether there is anything to give: ``not_held`` is the truth, not a refusal.

    Raises `KeyError` for what is no category, `ValueError` for a warrant without the period that
    the category wants.
    """
    for collector in COLLECTORS[category]:
        if await collector.is_held(platform, warrant):
            return "held"
    return "not_held"
