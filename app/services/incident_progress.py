"""How far an incident has been dealt with: its logins, and the mails to them, by state."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.models import IncidentTarget, OutboxMessage
from app.services.disabling import batch_of

STATES = ("queued", "sending", "deferred", "sent", "bounced", "abandoned", "suppressed")


async def of(connection: AsyncConnection, incident_id: UUID) -> dict[str, Any]:
    """The incident's progress, as `schemas/incidents.py` `Progress` documents it.

    In one view of the database the states add up to the logins: a login is dealt with and its mail
    queued in one transaction. Mails are not kept as long as the register is.
    """
    mine = IncidentTarget.incident_id == incident_id
    counted = await connection.execute(
        select(func.count(), func.count(IncidentTarget.done_at)).where(mine)
    )
    logins, done = counted.one()
    states = dict.fromkeys(STATES, 0)
    found = await connection.execute(
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.batch == batch_of(incident_id))
        .group_by(OutboxMessage.state)
    )
    for state, number in found:
        states[state] = number
    states["forgotten"] = done - sum(states.values())
    return {"logins": logins, "done": done, "mails": {"unqueued": logins - done, **states}}
