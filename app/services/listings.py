"""What every list has in common: grounds, guard, statement, page, and the deed to put on record."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.access.actors import Actor
from app.projection.guard import read_query
from app.projection.projection import Page
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform


async def find_page(
    platform: Platform,
    actor: Actor,
    action: str,
    resource: str,
    parameters: Sequence[tuple[str, str]],
    *,
    fixed: Sequence[tuple[str, Any]] = (),
) -> tuple[Page, Deed]:
    """A page, and what must be on record before anybody returns it.

    `fixed` are conditions of the service's own: columns of the resource, and what each must be.
    Raises `Refusal` without permission or grounds and for a name the caller may not use, `Failure`
    for a value or cursor that does not fit.
    """
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, resource)
    query = read_query(plan, parameters, action)
    query = replace(query, filters=(*query.filters, *fixed))
    statement, values = platform.projection.listing(plan, query, actor)
    values |= platform.projection.scope(actor, platform.clock())
    rows = await platform.database.fetch(statement, values)
    page = platform.projection.page(plan, query, actor, rows)
    deed = Deed(action, subject_type=resource, fields=plan.visible, rows=len(page.items))
    return page, deed
