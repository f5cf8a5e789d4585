"""A sealed audit log, and the intruder who has all rights in its database."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.clock import system_clock
from app.core.ids import id_at, new_id
from app.models import AuditEvent, AuditSeal, AuditSubject
from app.services import seals
from app.services.audit_log import Deed
from tests.support.records import rows
from tests.support.service import Service

SUPPORT = Actor("staff", Viewer.SUPPORT, "customer_support", "a-request", reason="Olá, «João»")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# The triggers that refuse it are the operator's to drop: an intruder with the owner's rights.
UNLOCK = {
    "sqlite": [
        f"DROP TRIGGER {table}_no_{verb}"
        for table in ("audit_events", "audit_subjects", "audit_seals")
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"DROP TRIGGER {table}_append_only ON {table}"
        for table in ("audit_events", "audit_subjects", "audit_seals")
    ],
}


async def write(
    house: Service, events: int = 1, *, ago: timedelta = HOUR, **columns: Any
) -> list[UUID]:
    """Events of lists of two, made `ago`: one cannot wait for PostgreSQL's clock. Their ids."""
    moment = system_clock() - ago
    lines = [
        house.platform.audit._row(SUPPORT, Deed("staff:customer:list", rows=2))
        | {"id": UUID(int=id_at(moment).int | secrets.randbits(62)), "at": moment}
        | columns
        for _ in range(events)
    ]
    shown = [{"subject_id": new_id(), "event_id": line["id"]} for line in lines for _ in range(2)]
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(AuditEvent), lines)
        await connection.execute(insert(AuditSubject), shown)
    return [line["id"] for line in lines]


async def three_seals(house: Service) -> None:
    """Three seals over two events each: of three hours, two hours and one hour ago."""
    for hours in (3, 2, 1):
        await write(house, 2, ago=hours * HOUR)
        house.clock.ahead = seals.SETTLED + MINUTE - hours * HOUR
        assert await seals.seal(house.platform) == 2
    house.clock.ahead = timedelta()


async def unlock(house: Service, database_kind: str) -> None:
    """Drop the triggers that keep the log as it is."""
    for statement in UNLOCK[database_kind]:
        await tamper(house, text(statement))


async def tamper(house: Service, statement: Any) -> None:
    """Do something to the database behind the service's back."""
    async with house.platform.database.transaction() as connection:
        await connection.execute(statement)


async def broken(house: Service) -> list[seals.Fault]:
    """What `verify` finds fault with."""
    return list((await seals.verify(house.platform)).broken)


async def ids(house: Service) -> list[UUID]:
    """The events' ids, oldest first."""
    statement = select(AuditEvent.id).order_by(AuditEvent.id)
    return [row[0] for row in await rows(house.platform, statement)]


async def table(house: Service) -> list[Any]:
    """The seals, oldest first."""
    return await rows(house.platform, select(AuditSeal).order_by(AuditSeal.number))
