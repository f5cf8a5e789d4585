"""Whom an incident's report reached: every mail of it, recipient by recipient."""

from collections.abc import Sequence
from uuid import UUID

from app.access.actors import Actor
from app.projection.projection import Page
from app.services import incidents, messages, records
from app.services.disabling import batch_of
from app.services.platform import Platform


async def list_page(
    platform: Platform, actor: Actor, incident_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the incident's mails, newest first; on record. Raises as `find_page` does.

    Also raises `Failure("not_found")` for an incident that is not in the caller's rows.
    """
    await records.require_in_rows(platform, actor, messages.LIST, incidents.RESOURCE, incident_id)
    batch = batch_of(incident_id)
    return await messages.list_batch(platform, actor, batch, incident_id, parameters)
