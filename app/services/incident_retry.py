"""Trying the logins of an incident again that could not be dealt with."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.models import IncidentTarget
from app.projection.projection import Shown
from app.services.authorization import require_grounds
from app.services.incidents import RESOURCE, decided, locked
from app.services.platform import Platform

ACTION = "staff:incident:retry"


async def retry(
    platform: Platform, connection: AsyncConnection, actor: Actor, incident_id: UUID
) -> Shown:
    """Have the worker deal with the failed logins as with any that wait; the incident after.

    They are no others than those that were confirmed. Where none failed nothing is done. Raises
    `Refusal`: ``not_found``.
    """
    require_grounds(actor, ACTION)
    plan = platform.projection.plan(actor, RESOURCE)
    await locked(platform, connection, actor, plan, incident_id, ACTION)
    failed = (
        IncidentTarget.incident_id == incident_id,
        IncidentTarget.failed_at.is_not(None),
    )
    counted = await connection.execute(select(func.count()).where(*failed))
    await connection.execute(
        update(IncidentTarget).where(*failed).values(failed_at=None, failure=None)
    )
    return await decided(
        platform, connection, actor, plan, incident_id, ACTION, fields=(), rows=counted.scalar_one()
    )
