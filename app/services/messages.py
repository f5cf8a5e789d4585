"""Following the mails: to whom, what became of each, how many wait; never what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.access.actors import Actor
from app.core.statements import prepare
from app.models import OutboxMessage
from app.projection.projection import Page
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE = "outbox_message"
LIST = "staff:outbox_message:list"
OPEN = ("queued", "sending", "deferred")


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the mails, newest first; on record, with the logins and customers they are to.

    Raises as `find_page` does.
    """
    page, deed = await find_page(platform, actor, LIST, RESOURCE, parameters)
    await platform.audit.write(actor, replace(deed, subjects=_concerned(page)))
    return page


async def list_batch(
    platform: Platform,
    actor: Actor,
    batch: str,
    about: UUID,
    parameters: Sequence[tuple[str, str]],
) -> Page:
    """A page of one batch's mails, newest first; on record, with whom they are to.

    `about` is the record that the batch tells of. Raises as `find_page` does.
    """
    page, deed = await find_page(
        platform, actor, LIST, RESOURCE, parameters, fixed=(("batch", batch),)
    )
    deed = replace(deed, subject_id=about, subjects=_concerned(page))
    await platform.audit.write(actor, deed)
    return page


async def waiting(platform: Platform) -> Mapping[str, int]:
    """How many mails are queued, under way and deferred, of all workers together.

    Raises `Failure("database_unavailable")`.
    """
    columns: list[Any] = [OutboxMessage.state, func.count()]
    open_ = select(*columns).where(OutboxMessage.due_at.is_not(None))
    counted = open_.group_by(OutboxMessage.state)
    rows = await platform.database.fetch(prepare(counted, platform.database.dialect), {})
    return {**dict.fromkeys(OPEN, 0), **{row[0]: row[1] for row in rows}}


def _concerned(page: Page) -> list[UUID]:
    """The logins and customers that the mails of a page are to."""
    named = {item[whose] for item in page.items for whose in ("login_id", "customer_id")}
    return sorted(named - {None})
