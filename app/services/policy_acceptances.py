"""Who accepted which version of the policy: on record with hash, moment, channel and network.

Accepting is no consent (LGPD art. 8 wants that apart), and nothing can make it undone.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.errors import Failure
from app.core.statements import bound, prepare
from app.models import PolicyAcceptance, Session
from app.projection.projection import to_json
from app.services import policies
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.platform import Platform
from app.services.policies import Version

RESOURCE: Final = "policy_acceptance"
CREATE: Final = "customer:policy_acceptance:create"
LIST: Final = "customer:policy_acceptance:list"
WEB: Final = "web"
"""The channel of whoever accepts by a page or an API of ours, in person."""


async def accept(platform: Platform, actor: Actor, number: int) -> bytes:
    """The caller's login accepts a version that is in force or announced; the acceptance, as JSON.

    Accepted a second time it stays as of the first. The customer area opens at once here, on other
    replicas within a second. Raises `Failure("policy_version_not_current")`.
    """
    require(actor, CREATE)
    assert actor.id is not None  # noqa: S101 - a login: the door has admitted it
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        version = await policies.acceptable(connection, platform.clock, number)
        if version is None:
            raise Failure("policy_version_not_current")
        now = platform.clock()
        await record(connection, actor.id, version, at=now, network=actor.network)
        chosen = platform.projection.selection(plan).where(
            PolicyAcceptance.version == bound("version", Integer())
        )
        values = platform.projection.scope(actor, now) | {"version": version.version}
        row = (await connection.execute(chosen, values)).one()
        deed = Deed(CREATE, subject_type=RESOURCE, fields=plan.visible, rows=1)
        await platform.audit.add(connection, actor, deed)
        living = select(Session.id).where(Session.login_id == actor.id, Session.ended_at.is_(None))
        sessions = list((await connection.execute(living)).scalars())
    platform.sessions.forget(*sessions)
    return to_json(platform.projection.view(plan, row))


async def list_own(platform: Platform, actor: Actor) -> bytes:
    """Every version that the caller's login accepted, the newest first, as JSON; on record."""
    require(actor, LIST)
    plan = platform.projection.plan(actor, RESOURCE)
    newest = platform.projection.selection(plan).order_by(PolicyAcceptance.version.desc())
    statement = prepare(newest, platform.database.dialect)
    values = platform.projection.scope(actor, platform.clock())
    rows = await platform.database.fetch(statement, values)
    deed = Deed(LIST, subject_type=RESOURCE, fields=plan.visible, rows=len(rows))
    await platform.audit.write(actor, deed)
    items = [platform.projection.view(plan, row) for row in rows]
    return to_json({"items": items, "next_cursor": None})


async def record(
    connection: AsyncConnection,
    login_id: UUID,
    version: Version,
    *,
    at: datetime,
    network: str | None,
    channel: str = WEB,
) -> None:
    """Put an acceptance on record; one of before stays as it is."""
    await insert_unless_there(
        connection,
        PolicyAcceptance,
        row(login_id, version, at=at, network=network, channel=channel),
    )


def row(
    login_id: UUID, version: Version, *, at: datetime, network: str | None, channel: str
) -> dict[str, Any]:
    """An acceptance as it is stored, for those who store many."""
    return {
        "login_id": login_id,
        "version": version.version,
        "hash": version.hash,
        "accepted_at": at,
        "channel": channel,
        "network": network,
    }
