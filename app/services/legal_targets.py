"""Which customers a request names: each by two identifiers at least, all pointing to one.

Nothing of it reaches the sender before a director released it: whoever is unknown, or matches in
part, gets the answer of those who are known. How it went is kept for the desk alone, which settles
what is ambiguous (`legal_choices.py`). They are looked up when the desk begins with a
request, out of its sender's sight.

Whoever was erased, or goes by another name by now, is known as they were to a request that reaches
a hold on them (`legal_reach.py`), by what that kept: to no other.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.ids import new_id
from app.core.telemetry import logger
from app.models import Customer, LegalTarget, table_of
from app.projection.keys import name_key
from app.projection.projection import Page
from app.security.sealing import SealBroken
from app.services import held_copies, legal_reach, records
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE: Final = "legal_target"
LIST: Final = "staff:legal_target:list"
NEEDED: Final = 2
"""Identifiers that must point to the same customer."""
MOST_CANDIDATES: Final = 50
"""Customers with two of the identifiers whom the desk is shown to choose from."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of looking for a person, as it is kept (`models/legal_requests.py`)."""

    outcome: str
    customer_id: UUID | None = None
    matched_by: tuple[str, ...] = ()
    candidates: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    count: int = 0


async def match(
    platform: Platform,
    connection: AsyncConnection,
    request_id: UUID,
    targets: list[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Look up each person, and keep what was found; what was kept before is replaced.

    Raises `SealBroken` for a person who is not found, where a copy that might tell who they are was
    altered: they are not taken for unknown.
    """
    await connection.execute(delete(LegalTarget).where(LegalTarget.request_id == request_id))
    kept, broken = await _kept(platform, connection, request_id, now)
    rows = []
    for position, target in enumerate(targets):
        found = await _find(connection, target, kept)
        if found.customer_id is None and broken is not None:
            raise broken
        rows.append(
            {
                "id": new_id(),
                "request_id": request_id,
                "position": position,
                "customer_id": found.customer_id,
                "matched_by": found.matched_by,
                "matched_at": now,
                "outcome": found.outcome,
                "candidate_count": found.count,
                "candidates": [
                    {"customer_id": str(customer_id), "matched_by": names}
                    for customer_id, names in found.candidates.items()
                ],
            }
        )
    if rows:
        await connection.execute(insert(LegalTarget), rows)


async def list_page(
    platform: Platform, actor: Actor, request_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the persons of a request with who they are, the last first; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`.
    """
    await records.require_in_rows(platform, actor, LIST, "legal_request", request_id)
    page, deed = await find_page(
        platform, actor, LIST, RESOURCE, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=request_id))
    return page


async def points_to(
    connection: AsyncConnection, target: Mapping[str, Any], customer_id: UUID
) -> tuple[str, ...]:
    """The identifiers that a customer of today has, if they are two at least; else none."""
    held = _held(_conditions(target))
    chosen = select(*held).where(Customer.id == customer_id)
    row = (await connection.execute(chosen)).mappings().first()
    matched = () if row is None else tuple(name for name in row if row[name])
    return matched if len(matched) >= NEEDED else ()


async def _find(
    connection: AsyncConnection, target: Mapping[str, Any], kept: Sequence[Mapping[str, Any]]
) -> _Found:
    """Who has two identifiers; ``matched`` is the only one, if none of the others is another's.

    The strong identifiers are looked up; a name alone never finds anybody, it confirms. The two
    must stand in one record: today's, or one that is `kept`. Only those who have two count among
    too many, so that a telephone which many declare hides nobody.
    """
    conditions = _conditions(target)
    strong = [name for name in conditions if name != "name"]
    if not strong:
        return _Found("none")
    held = _held(conditions)
    any_strong = or_(*(conditions[name] for name in strong))
    ones = (case((condition, 1), else_=0) for condition in conditions.values())
    hits = sum(ones, literal(0))
    chosen = select(Customer.id, *held).where(any_strong, hits >= NEEDED).limit(MOST_CANDIDATES + 1)
    today = [dict(row) for row in (await connection.execute(chosen)).mappings()]
    if len(today) > MOST_CANDIDATES:
        return _Found("too_many", count=len(today))
    before = [{"id": row["id"], **_holds(target, row)} for row in kept]
    candidates = _candidates(tuple(conditions), today + before)
    if not candidates:
        known = any(row[name] for row in before for name in strong)
        known = known or await _somebody(connection, any_strong)
        return _Found("partial" if known else "none")
    found = _Found("ambiguous", candidates=candidates, count=len(candidates))
    if len(candidates) > 1:
        return found
    [(customer_id, matched_by)] = candidates.items()
    others = [name for name in strong if name not in matched_by]
    if any(row[name] for row in before if row["id"] != customer_id for name in others) or (
        others
        and await _somebody(
            connection, or_(*(conditions[name] for name in others)), Customer.id != customer_id
        )
    ):
        return found
    return _Found("matched", customer_id, matched_by, candidates, 1)


def _candidates(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> dict[UUID, tuple[str, ...]]:
    """Who has two identifiers in one record, and all that they have in such."""
    found: dict[UUID, set[str]] = {}
    for row in rows:
        matched = {name for name in names if row[name]}
        if len(matched) >= NEEDED:
            found.setdefault(row["id"], set()).update(matched)
    return {
        customer_id: tuple(name for name in names if name in matched)
        for customer_id, matched in found.items()
    }


def _held(conditions: Mapping[str, ColumnElement[bool]]) -> list[ColumnElement[int]]:
    return [case((condition, 1), else_=0).label(name) for name, condition in conditions.items()]


async def _somebody(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> bool:
    found = select(Customer.id).where(*conditions).limit(1)
    return (await connection.execute(found)).first() is not None


async def _kept(
    platform: Platform, connection: AsyncConnection, request_id: UUID, now: datetime
) -> tuple[list[dict[str, Any]], SealBroken | None]:
    """The customers whom holds that the request reaches are on, each as often as it was copied;
    and what kept any from being read."""
    reached = await legal_reach.reached(connection, request_id, now)
    holds = [hold.hold_id for of_customer in reached.values() for hold in of_customer]
    found: list[dict[str, Any]] = []
    broken: SealBroken | None = None
    for hold_id in holds:
        pages = held_copies.read(platform, [hold_id], table_of(Customer).name, within=connection)
        try:
            async with aclosing(pages):
                async for page in pages:
                    found += [{**each.row, "id": each.record_id} for each in page]
        except SealBroken as error:  # who is found without it need not wait for it
            logger.error("held_copy_broken", hold=str(hold_id))
            broken = error
    return found, broken


def _holds(target: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, bool]:
    """Which identifiers a kept record has: as `_conditions` asks of those of today."""
    return {name: row[column] == value for name, (column, value) in _sought(target).items()}


def _conditions(target: Mapping[str, Any]) -> dict[str, ColumnElement[bool]]:
    columns = table_of(Customer).c
    return {name: columns[column] == value for name, (column, value) in _sought(target).items()}


def _sought(target: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By identifier: the column that it is compared with, and the value there."""
    sought: dict[str, tuple[str, str]] = {}
    if "tax_id" in target:
        sought["tax_id"] = ("tax_id", target["tax_id"])
    if "email" in target:
        sought["email"] = ("email_key", email_key(target["email"]))
    if "phone" in target:
        sought["phone"] = ("phone", target["phone"])
    if "name" in target:
        sought["name"] = ("name_key", name_key(target["name"]))
    return sought
