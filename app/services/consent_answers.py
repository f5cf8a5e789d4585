"""As what a statement is answered: the event, or what stands by it, in the caller's own view."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.access.actors import Actor
from app.core.driver_transactions import DriverTransaction
from app.core.transactions import Transaction, run
from app.projection.projection import to_json
from app.services import consent_standing
from app.services.audit_log import Deed
from app.services.consent_sayings import Recorded
from app.services.platform import Platform

EVENT: Final = "consent_event"


@dataclass(frozen=True, slots=True)
class Shape:
    """The customer sees the event, staff what stands by it; on record as `action`."""

    action: str
    resource: str
    customer_id: UUID


async def show(
    platform: Platform, transaction: Transaction, actor: Actor, shape: Shape, event: Recorded
) -> bytes:
    """As JSON; on record."""
    plan = platform.projection.plan(actor, shape.resource)
    reading = platform.projection.by_id(plan)
    assert reading is not None  # noqa: S101 - whoever may say something sees what was said
    values = platform.projection.scope(actor, platform.clock()) | {"id": event.id}
    [row] = await run(transaction, reading, values)
    await platform.audit.add_to(transaction, actor, deed(platform, actor, shape, event.id))
    return to_json(consent_standing.shown(platform.projection.view(plan, row)))


async def show_each(
    platform: Platform,
    transaction: DriverTransaction,
    action: str,
    events: Sequence[tuple[Actor, Recorded]],
) -> dict[UUID, bytes]:
    """Events of accounts, each to the customer who said it: as `show`, by the event's id."""
    if not events:
        return {}
    now = platform.clock()
    plan = platform.projection.plan(events[0][0], EVENT)  # customers have one and the same
    values = [platform.projection.scope(actor, now) | {"id": event.id} for actor, event in events]
    rows = await platform.projection.each(plan).run(transaction, values)
    deeds = [
        (actor, deed(platform, actor, Shape(action, EVENT, event.subject_id), event.id))
        for actor, event in events
    ]
    await platform.audit.add_driven(transaction, *deeds)
    views = [platform.projection.view(plan, row) for row in rows]
    return {view["id"]: to_json(view) for view in views}


def deed(platform: Platform, actor: Actor, shape: Shape, event_id: UUID) -> Deed:
    """With the customer among its subjects: their owners see it in their log."""
    return Deed(
        shape.action,
        subject_type=shape.resource,
        subject_id=event_id,
        fields=platform.projection.plan(actor, shape.resource).visible,
        rows=1,
        subjects=[shape.customer_id],
    )
