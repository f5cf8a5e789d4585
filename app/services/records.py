"""Reading one record as the caller may see it: what every such read has in common."""

from uuid import UUID

from app.access.actors import Actor
from app.core.errors import Failure
from app.core.statements import Prepared, Record
from app.projection.plans import View
from app.projection.projection import Shown
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform


async def require_in_rows(
    platform: Platform, actor: Actor, action: str, resource: str, record_id: UUID
) -> None:
    """For what hangs on a record: it must be one of the caller's rows. Nothing of it is read.

    Raises as `read` does.
    """
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, resource)
    statement = platform.projection.is_there(plan)
    await _found(platform, actor, action, resource, record_id, statement)


async def read(
    platform: Platform,
    actor: Actor,
    action: str,
    resource: str,
    record_id: UUID,
    *,
    of: str | None = None,
) -> Shown:
    """One record of a resource, with its tag; see `view`."""
    found = await view(platform, actor, action, resource, record_id, of=of)
    return platform.projection.show(platform.projection.plan(actor, resource), found)


async def view(
    platform: Platform,
    actor: Actor,
    action: str,
    resource: str,
    record_id: UUID,
    *,
    of: str | None = None,
) -> View:
    """One record of a resource; on record before it is returned.

    `of` is the field, which every reader sees, that names whose record it is, if anybody's: they
    are told too.
    Raises `Refusal` without permission, purpose or reason, `Failure("not_found")` for a record
    that does not exist or is outside the caller's rows: that, too, is on record.
    """
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, resource)
    statement = platform.projection.by_id(plan)
    row = await _found(platform, actor, action, resource, record_id, statement)
    found = platform.projection.view(plan, row)
    shown = Deed(
        action,
        subject_type=resource,
        subject_id=record_id,
        fields=plan.visible,
        rows=1,
        subjects=() if of is None or found[of] is None else (found[of],),
    )
    await platform.audit.write(actor, shown)
    return found


async def _found(
    platform: Platform,
    actor: Actor,
    action: str,
    resource: str,
    record_id: UUID,
    statement: Prepared | None,
) -> Record:
    if statement is None:
        raise Failure("not_found")
    values = platform.projection.scope(actor, platform.clock()) | {"id": record_id}
    rows = await platform.database.fetch(statement, values)
    if not rows:
        missed = Deed(action, "not_found", subject_type=resource, subject_id=record_id)
        await platform.audit.write(actor, missed)
        raise Failure("not_found")
    return rows[0]
