"""The accounts that a login may enter: what a client needs to choose one when it signs in."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.statements import bound, prepare
from app.models import Customer, Membership
from app.projection.plans import View
from app.projection.projection import to_json
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform
from app.services.session_watch import open_memberships

ACTION = "customer:account:list"
RESOURCE = "customer"
FIELDS = ("id", "status", "name")
"""What is shown of an account beside the caller's own permissions in it."""


async def list_own(platform: Platform, actor: Actor) -> bytes:
    """Every account that the caller's login may enter now, as JSON, the first to come first.

    That is the one which a sign-in without `customer_id` opens. On record before it is returned.
    """
    require_grounds(actor, ACTION)
    statement = prepare(_entered(platform, actor), platform.database.dialect)
    values = {"login": actor.id, "now": platform.clock()}
    shown = [
        _account(platform, actor, row) for row in await platform.database.fetch(statement, values)
    ]
    seen = [account["id"] for account in shown]
    await platform.audit.write(
        actor,
        Deed(ACTION, subject_type=RESOURCE, fields=FIELDS, rows=len(shown), subjects=seen),
    )
    return to_json({"items": shown, "next_cursor": None})


async def show(
    platform: Platform, connection: AsyncConnection, actor: Actor, customer_id: UUID
) -> View:
    """One account that the actor's login may enter, asked of the caller's transaction."""
    statement = _entered(platform, actor).where(Customer.id == customer_id)
    values = {"login": actor.id, "now": platform.clock()}
    row = (await connection.execute(statement, values)).one()
    return _account(platform, actor, row)


def _entered(platform: Platform, actor: Actor) -> Select[Any]:
    columns, _ = platform.projection.excerpt(platform.projection.plan(actor, RESOURCE), FIELDS)
    return (
        select(*columns, Membership.permissions)
        .join(Membership, Membership.customer_id == Customer.id)
        .where(
            Membership.login_id == bound("login", Membership.login_id.type),
            *open_memberships(),
            Customer.status != "erased",
        )
        .order_by(Membership.created_at, Membership.id)
    )


def _account(platform: Platform, actor: Actor, row: Any) -> View:
    _, view = platform.projection.excerpt(platform.projection.plan(actor, RESOURCE), FIELDS)
    account = view(row)
    account["permissions"] = row[len(FIELDS)]
    return account
