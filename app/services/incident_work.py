"""Dealing with the logins of a running incident, batch by batch, on any number of workers.

A batch is one short transaction: its targets are claimed, dealt with and marked, or none of it
happened. So each login is dealt with exactly once wherever a worker dies, memory is bounded by the
batch, and other writers get their turn between two of them.
"""

import asyncio
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core import telemetry
from app.core.statements import among, prepare
from app.models import Incident, IncidentTarget
from app.services import disabling
from app.services.audit_log import Deed
from app.services.intervention_reports import Cause
from app.services.platform import Platform

BATCH: Final = 500
"""Logins of one transaction: some tenths of a second on PostgreSQL."""
BATCH_ON_A_FILE: Final = 100
"""The same on SQLite, where no other writer gets in meanwhile."""
BREATH: Final = 0.05
"""Seconds between two batches on SQLite, whose other writers only look now and then."""
INTERVENE: Final = "system:intervention:create"
FINISH: Final = "system:incident:finish"


async def work(platform: Platform) -> int:
    """Deal with every login that a running incident still waits for; returns how many.

    Those that another worker has claimed are left to it. Raises what a batch fails of: that batch
    is undone, and the next call takes it up again.
    """
    done = 0
    for incident_id in await _running(platform):
        while count := await _batch(platform, incident_id):
            done += count
            await asyncio.sleep(0 if platform.database.is_postgresql else BREATH)
        await _finish(platform, incident_id)
    return done


async def _running(platform: Platform) -> list[UUID]:
    statement = (
        select(Incident.id).where(Incident.status == "running").order_by(Incident.confirmed_at)
    )
    rows = await platform.database.fetch(prepare(statement, platform.database.dialect), {})
    return [row[0] for row in rows]


async def _batch(platform: Platform, incident_id: UUID) -> int:
    """Deal with some of the logins that nobody has claimed; how many there were."""
    async with platform.database.transaction() as connection:
        logins = await _claim(platform, connection, incident_id)
        if not logins:
            return 0
        cause = await _cause(connection, incident_id)
        disabled = await disabling.disable(platform, connection, cause, logins)
        await connection.execute(
            update(IncidentTarget)
            .where(
                IncidentTarget.incident_id == incident_id,
                among(IncidentTarget.login_id, logins, connection.dialect),
            )
            .values(done_at=platform.clock())
        )
        deed = Deed(
            INTERVENE,
            subject_type="incident",
            subject_id=incident_id,
            fields=("reset_required_at",),
            rows=len(logins),
            subjects=logins,
        )
        await platform.audit.add(connection, _worker(incident_id), deed)
    disabled.forget(platform)
    telemetry.logger.info("incident_batch", incident=str(incident_id), logins=len(logins))
    return len(logins)


async def _claim(platform: Platform, connection: AsyncConnection, incident_id: UUID) -> list[UUID]:
    """Targets that are still open, held until the transaction ends."""
    postgres = platform.database.is_postgresql
    statement = (
        select(IncidentTarget.login_id)
        .where(IncidentTarget.incident_id == incident_id, IncidentTarget.done_at.is_(None))
        .order_by(IncidentTarget.login_id)
        .limit(BATCH if postgres else BATCH_ON_A_FILE)
    )
    if postgres:  # writers on SQLite take turns by nature
        statement = statement.with_for_update(skip_locked=True)
    return list((await connection.execute(statement)).scalars())


async def _cause(connection: AsyncConnection, incident_id: UUID) -> Cause:
    """Why, and by whom: the one who confirmed the incident, in the role of then."""
    statement = select(
        Incident.confirmed_by,
        Incident.confirmed_role,
        Incident.reason_code,
        Incident.reason_text,
        Incident.known_at,
    ).where(Incident.id == incident_id)
    row = (await connection.execute(statement)).one()
    return Cause(
        staff_id=row.confirmed_by,
        role=Viewer(row.confirmed_role),
        reason_code=row.reason_code,
        reason_text=row.reason_text,
        known_at=row.known_at,
        incident_id=incident_id,
    )


async def _finish(platform: Platform, incident_id: UUID) -> None:
    """Close the incident if no login waits any more, whichever worker dealt with the last."""
    waiting = exists().where(
        IncidentTarget.incident_id == incident_id, IncidentTarget.done_at.is_(None)
    )
    statement = (
        update(Incident)
        .where(Incident.id == incident_id, Incident.status == "running", ~waiting)
        .values(status="done", finished_at=platform.clock())
        .returning(Incident.expected)
    )
    async with platform.database.transaction() as connection:
        logins = (await connection.execute(statement)).scalar_one_or_none()
        if logins is None:
            return
        deed = Deed(
            FINISH, subject_type="incident", subject_id=incident_id, fields=("status",), rows=logins
        )
        await platform.audit.add(connection, _worker(incident_id), deed)
    telemetry.logger.info("incident_done", incident=str(incident_id), logins=logins)


def _worker(incident_id: UUID) -> Actor:
    """The service itself; its deeds are found by the incident."""
    return Actor(
        kind="system",
        viewer=Viewer.PUBLIC,
        purpose="incident_response",
        request_id=str(incident_id),
    )
