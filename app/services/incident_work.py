"""Dealing with the logins of a running incident, batch by batch, on any number of workers.

A batch is one short transaction: its targets are claimed, dealt with and marked, or none of it
happened. So each login is dealt with exactly once wherever a worker dies, memory is bounded by the
batch, and other writers get their turn between two of them.

A batch that fails is halved, down to the one login that cannot be dealt with: that is noted on its
target, and the others go on. Its incident stays open until `incident_retry.py` has the failed ones
tried again. While the database or the audit log is away nothing is any login's fault.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core import telemetry
from app.core.errors import Failure
from app.core.statements import among, prepare
from app.models import Incident, IncidentTarget
from app.services import disabling
from app.services.audit_log import Deed
from app.services.disabling import Disabled
from app.services.intervention_reports import Cause
from app.services.platform import Platform

BATCH: Final = 500
"""Logins of one transaction: some tenths of a second on PostgreSQL."""
BATCH_ON_A_FILE: Final = 100
"""The same on SQLite, where no other writer gets in meanwhile."""
BREATH: Final = 0.05
"""Seconds between two batches on SQLite, whose other writers only look now and then."""
OUTAGES: Final = frozenset({"database_unavailable", "audit_unavailable"})
INTERVENE: Final = "system:intervention:create"
FINISH: Final = "system:incident:finish"


async def work(platform: Platform) -> int:
    """Deal with every login that a running incident still waits for; returns how many.

    Those that another worker has claimed are left to it. Raises `Failure("database_unavailable")`,
    or a group of what incidents failed of, one at a time: it kept none of the others waiting. What
    was under way is undone, and the next call takes it up again.
    """
    done, faults = 0, []
    for incident_id in await _running(platform):
        try:
            done += await _work_on(platform, incident_id)
        except Exception as fault:  # raised below
            telemetry.logger.warning(
                "incident_stalled", incident=str(incident_id), **telemetry.describe(fault)
            )
            faults.append(fault)
    if faults:
        raise ExceptionGroup("incidents that could not be worked on", faults)
    return done


async def _work_on(platform: Platform, incident_id: UUID) -> int:
    """Deal with an incident's logins; returns how many. Raises what is no login's fault."""
    largest = BATCH if platform.database.is_postgresql else BATCH_ON_A_FILE
    done, size = 0, largest
    while True:
        try:
            count = await _batch(platform, incident_id, size)
        except _BatchError as failed:
            if len(failed.logins) == 1:
                await _note(platform, incident_id, failed)
            size = max(len(failed.logins) // 2, 1)
        else:
            if not count:
                break
            done, size = done + count, min(size * 2, largest)
        await asyncio.sleep(0 if platform.database.is_postgresql else BREATH)
    await _finish(platform, incident_id)
    return done


async def _running(platform: Platform) -> list[UUID]:
    statement = (
        select(Incident.id).where(Incident.status == "running").order_by(Incident.confirmed_at)
    )
    rows = await platform.database.fetch(prepare(statement, platform.database.dialect), {})
    return [row[0] for row in rows]


class _BatchError(Exception):
    """Some logins could not be dealt with together; its cause tells why."""

    def __init__(self, logins: Sequence[UUID]) -> None:
        super().__init__()
        self.logins = logins


async def _batch(platform: Platform, incident_id: UUID, most: int) -> int:
    """Deal with some of the logins that nobody has claimed; how many there were.

    Raises `_BatchError` for what fails once they are claimed, unless it is an outage.
    """
    logins: Sequence[UUID] = ()
    try:
        async with platform.database.transaction() as connection:
            cause = await _cause(connection, incident_id)
            logins = await _claim(platform, connection, incident_id, most)
            if not logins:
                return 0
            disabled = await _deal(platform, connection, incident_id, cause, logins)
    except Exception as error:
        if _is_outage(error) or not logins:
            raise
        raise _BatchError(logins) from error
    disabled.forget(platform)
    telemetry.logger.info("incident_batch", incident=str(incident_id), logins=len(logins))
    return len(logins)


async def _deal(
    platform: Platform,
    connection: AsyncConnection,
    incident_id: UUID,
    cause: Cause,
    logins: Sequence[UUID],
) -> Disabled:
    """Disable the passwords of these logins, which are claimed; mark and record them as done."""
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
    return disabled


async def _note(platform: Platform, incident_id: UUID, failed: _BatchError) -> None:
    """Put a login aside that cannot be dealt with, unless another worker did meanwhile."""
    [login_id] = failed.logins
    fault = failed.__cause__ or failed
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(IncidentTarget)
            .where(
                IncidentTarget.incident_id == incident_id,
                IncidentTarget.login_id == login_id,
                IncidentTarget.done_at.is_(None),
            )
            .values(failed_at=platform.clock(), failure=type(fault).__name__)
        )
    telemetry.logger.warning(
        "incident_login_failed",
        incident=str(incident_id),
        login=str(login_id),
        **telemetry.describe(fault),
    )


def _is_outage(error: Exception) -> bool:
    """Whether it would have failed whichever the logins were, and will go better later."""
    return isinstance(error, Failure) and error.code in OUTAGES


async def _claim(
    platform: Platform, connection: AsyncConnection, incident_id: UUID, most: int
) -> list[UUID]:
    """The first targets that are still open, held until the transaction ends."""
    postgres = platform.database.is_postgresql
    statement = (
        select(IncidentTarget.login_id)
        .where(
            IncidentTarget.incident_id == incident_id,
            IncidentTarget.done_at.is_(None),
            IncidentTarget.failed_at.is_(None),
        )
        .order_by(IncidentTarget.login_id)
        .limit(most)
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
    """Close the incident once every login was dealt with, whichever worker did the last.

    A failed one keeps it open.
    """
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
