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
    shown: tuple[str, ...] = (),
) -> tuple[Page, Deed]:
    """A page, and what must be on record before anybody returns it.

    `fixed` are conditions of the service's own: columns of the resource, and what each must be.
    `shown` are the fields of the page, the id among them, where that is less than the caller sees.
    Raises `Refusal` without permission or grounds and for a name the caller may not use, `Failure`
    for a value or cursor that does not fit.
    """
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, resource)
    query = read_query(plan, parameters, action)
    fields = tuple(field for field in shown if field in plan.visible)
    query = replace(query, filters=(*query.filters, *fixed), fields=fields)
    statement, values = platform.projection.listing(plan, query, actor)
    values |= platform.projection.scope(actor, platform.clock())
    rows = await platform.database.fetch(statement, values)
    page = platform.projection.page(plan, query, actor, rows)
    seen = fields or plan.visible
    deed = Deed(action, subject_type=resource, fields=seen, rows=len(page.items))
    return page, deed
