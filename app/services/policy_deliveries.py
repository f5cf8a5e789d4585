"""Whom the news of a policy reached: the figures, and every mail, recipient by recipient."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, Refusal
from app.core.statements import bound, prepare
from app.models import OutboxBatch, Policy
from app.projection.projection import Page, to_json
from app.services import messages, outbox_batches, policies, policy_notices
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform

READ: Final = "staff:policy_delivery:read"


async def read(platform: Platform, actor: Actor, version: int) -> bytes:
    """How far the telling has come, as JSON (`PolicyDelivery`); on record.

    In one view of the database: whoever was ever told is in exactly one state. Raises `Refusal`
    without permission or grounds, `Failure("not_found")` for a version that was never announced.
    """
    require_grounds(actor, READ)
    policy_id = await _known(platform, version)
    async with platform.database.snapshot() as connection:
        report = await _report(connection, version)
    deed = Deed(READ, subject_type=policies.RESOURCE, subject_id=policy_id, rows=1)
    await platform.audit.write(actor, deed)
    return to_json(report)


async def resume(platform: Platform, actor: Actor, version: int) -> bytes:
    """Tell those whom nobody told, and no one twice; how far the telling has come, as JSON.

    Raises as `read` does, and `Refusal("conflict")` for a version of which nobody is ever told:
    the first. Of one that was withdrawn nobody else is.
    """
    require_grounds(actor, policy_notices.CREATE)
    policy_id = await _known(platform, version)
    async with platform.database.transaction() as connection:
        await platform.database.take_turns(connection, policy_notices.batch_of(version))
        told = await policy_notices.tell(platform, connection, actor, version)
        report = await _report(connection, version)
        if not told and report["news"] is None:
            raise Refusal(
                "conflict",
                action=policy_notices.CREATE,
                subject_type=policies.RESOURCE,
                subject_id=policy_id,
            )
        deed = Deed(READ, subject_type=policies.RESOURCE, subject_id=policy_id, rows=1)
        await platform.audit.add(connection, actor, deed)
    return to_json(report)


async def list_page(
    platform: Platform, actor: Actor, version: int, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the mails about a version, newest first; on record. Raises as `find_page` does.

    Also raises `Failure("not_found")` for a version that was never announced.
    """
    require_grounds(actor, messages.LIST)
    policy_id = await _known(platform, version)
    batch = policy_notices.batch_of(version)
    return await messages.list_batch(platform, actor, batch, policy_id, parameters)


async def _known(platform: Platform, version: int) -> UUID:
    chosen = select(Policy.id).where(Policy.version == bound("version", Integer()))
    statement = prepare(chosen, platform.database.dialect)
    rows = await platform.database.fetch(statement, {"version": version})
    if not rows:
        raise Failure("not_found")
    found: UUID = rows[0][0]
    return found


async def _report(connection: AsyncConnection, version: int) -> dict[str, Any]:
    return {
        "version": version,
        "news": await _figures(connection, policy_notices.batch_of(version)),
        "withdrawal": await _figures(connection, policy_notices.recall_batch_of(version)),
    }


async def _figures(connection: AsyncConnection, batch: str) -> dict[str, Any] | None:
    """The states add up to all who were told: mails are not kept for ever, their number is."""
    chosen = select(OutboxBatch.recipients, OutboxBatch.created_at, OutboxBatch.queued_at)
    row = (await connection.execute(chosen.where(OutboxBatch.batch == batch))).first()
    if row is None:
        return None
    states = await outbox_batches.states(connection, batch)
    under_way = sum(states[state] for state in outbox_batches.UNDER_WAY)
    forgotten = row.recipients - sum(states.values())
    return {
        "told": row.recipients,
        "settled": row.recipients - under_way,
        "under_way": under_way,
        "mails": {**states, "forgotten": forgotten},
        "begun_at": row.created_at,
        "queued_at": row.queued_at,
    }
