"""Who has a place in an account: reading members, each as far as the caller's plan goes."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.access.actors import Actor
from app.core.errors import Failure
from app.core.statements import bound, prepare
from app.models import Membership
from app.projection.projection import Page, Shown
from app.services import records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE = "membership"
LIST = "customer:membership:list"


async def read_own(platform: Platform, actor: Actor) -> Shown:
    """The caller's own membership of the account that they act for; on record first."""
    action = "customer:membership:read"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    mine = Membership.login_id == bound("scope_login", Membership.login_id.type)
    statement = platform.projection.selection(plan).where(mine)
    rows = await platform.database.fetch(
        prepare(statement, platform.database.dialect),
        platform.projection.scope(actor, platform.clock()),
    )
    if not rows:  # revoked since the session was looked up
        raise Failure("not_found")
    view = platform.projection.view(plan, rows[0])
    await platform.audit.write(
        actor,
        Deed(action, subject_type=RESOURCE, subject_id=view["id"], fields=plan.visible, rows=1),
    )
    return platform.projection.show(plan, view)


async def read(platform: Platform, actor: Actor, membership_id: UUID) -> Shown:
    """One member of the caller's account; on record first. Raises as `records.view` does."""
    return await records.read(platform, actor, LIST, RESOURCE, membership_id)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the members of the caller's account, newest first; on record, each of them."""
    page, deed = await find_page(platform, actor, LIST, RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    return page


async def list_of_customer(
    platform: Platform, actor: Actor, customer_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the logins behind one customer, those that were revoked among them, for staff.

    On record, with the customer and each member shown, before it is returned. Raises `Refusal`
    without permission or grounds, `Failure("not_found")` for a customer out of the caller's rows.
    """
    action = "staff:membership:list"
    await records.require_in_rows(platform, actor, action, "customer", customer_id)
    page, deed = await find_page(
        platform, actor, action, RESOURCE, parameters, fixed=(("customer_id", customer_id),)
    )
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=[customer_id, *shown]))
    return page
