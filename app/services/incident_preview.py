"""How many logins an incident would touch, before it is entered."""

from app.access.actors import Actor
from app.schemas.incidents import IncidentPreview
from app.services import incident_selection, incidents
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform


async def count(platform: Platform, actor: Actor, preview: IncidentPreview) -> int:
    """The logins chosen at this moment; on record before it is told. Nothing is stored.

    Raises `Refusal` without permission or grounds, `Failure("validation_failed")` for named logins
    that do not exist: whoever may not enter an incident is not told its size either.
    """
    require_grounds(actor, incidents.CREATE)
    selection = preview.selection.model_dump(mode="json", exclude_unset=True)
    async with platform.database.snapshot() as connection:
        await incident_selection.demand_known(connection, selection)
        expected = await incident_selection.count(connection, selection)
    await platform.audit.write(
        actor, Deed(incidents.CREATE, subject_type=incidents.RESOURCE, fields=("expected",))
    )
    return expected
