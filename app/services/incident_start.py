"""Starting an incident: a second person confirms it, and its logins are fixed."""

from uuid import UUID

from sqlalchemy import update

from app.access.actors import Actor
from app.models import Incident
from app.projection.projection import Shown
from app.services import incident_selection
from app.services.authorization import require_grounds
from app.services.incidents import RESOURCE, decided, locked, refused
from app.services.platform import Platform
from app.services.presence import require_presence

ACTION = "staff:incident:confirm"


async def confirm(
    platform: Platform, actor: Actor, incident_id: UUID, expected_count: int
) -> Shown:
    """Confirm a draft that somebody else entered: from now on the worker deals with its logins.

    Which they are is fixed here, in one statement. Raises `Failure("step_up_required")`, and
    `Refusal` with ``second_person_required``, ``incident_not_draft``, or ``count_changed`` (with
    the new count) when they are not as many as the caller saw: then nothing is fixed.
    """
    require_grounds(actor, ACTION)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await locked(platform, connection, actor, plan, incident_id, ACTION)
        if before["created_by"] == actor.id:
            raise refused("second_person_required", ACTION, incident_id)
        if before["status"] != "draft":
            raise refused("incident_not_draft", ACTION, incident_id)
        count = await incident_selection.fix(connection, incident_id, before["selection"])
        if count != expected_count:
            raise refused("count_changed", ACTION, incident_id, count=count)
        await connection.execute(
            update(Incident)
            .where(Incident.id == incident_id)
            .values(
                status="running",
                confirmed_at=platform.clock(),
                confirmed_by=actor.id,
                confirmed_role=actor.viewer.value,
                expected=count,
            )
        )
        return await decided(platform, connection, actor, plan, incident_id, ACTION)
