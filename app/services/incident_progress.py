"""How far an incident has been dealt with: its logins, and the mails to them, by state."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.models import IncidentTarget
from app.services import outbox_batches
from app.services.disabling import batch_of


async def of(connection: AsyncConnection, incident_id: UUID) -> dict[str, Any]:
    """The incident's progress, as `schemas/incidents.py` `Progress` documents it.

    In one view of the database the states add up to the logins: a login is dealt with and its mail
    queued in one transaction, and no mail is queued for one that failed. Mails are not kept as long
    as the register is.
    """
    mine = IncidentTarget.incident_id == incident_id
    counted = await connection.execute(
        select(
            func.count(), func.count(IncidentTarget.done_at), func.count(IncidentTarget.failed_at)
        ).where(mine)
    )
    logins, done, failed = counted.one()
    states = await outbox_batches.states(connection, batch_of(incident_id))
    forgotten = done - sum(states.values())
    mails = {"unqueued": logins - done, **states, "forgotten": forgotten}
    return {"logins": logins, "done": done, "failed": failed, "mails": mails}
