"""Reading the audit log: staff who answer for it, and customers about themselves."""

from collections.abc import Sequence
from dataclasses import replace

from app.access.actors import Actor
from app.projection.projection import Page
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE = "audit_event"


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the log, newest first. Reading it is on record too. Raises as `find_page` does."""
    page, deed = await find_page(platform, actor, "staff:audit_event:list", RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def access_log(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """Who looked at the caller's account, newest first: when, which role, why, which fields."""
    page, deed = await find_page(platform, actor, "customer:audit_event:list", RESOURCE, parameters)
    await platform.audit.write(actor, replace(deed, subject_id=actor.customer_id))
    return page
