"""Following the mails: to whom, and what became of each; never what they hold."""

from collections.abc import Sequence
from dataclasses import replace

from app.access.actors import Actor
from app.projection.projection import Page
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE = "outbox_message"
LIST = "staff:outbox_message:list"


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the mails, newest first; on record, with the logins and customers they are to.

    Raises as `find_page` does.
    """
    page, deed = await find_page(platform, actor, LIST, RESOURCE, parameters)
    concerned = {item[whose] for item in page.items for whose in ("login_id", "customer_id")}
    await platform.audit.write(actor, replace(deed, subjects=sorted(concerned - {None})))
    return page
