"""W4: an incident over every login, against the same rows written by hand."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.access.viewers import Viewer
from app.core.ids import new_id
from app.models import Incident, StaffMember
from app.services import incident_selection, incident_work, intervention_reports
from app.services.incident_clocks import clocks
from app.services.intervention_reports import Cause
from tests.bench.cores import Cores
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.trials import BenchBroken
from tests.support.incidents import REASON_TEXT, RENEWED, SIGNED_IN
from tests.support.room import ROOT

FLOOR = "tests.bench.incident_floor"
OURS = "tests.bench.incident_worker"

AS_BEFORE = (
    "TRUNCATE incident_targets, interventions, outbox_messages, one_time_tokens",
    "DELETE FROM incidents",
    "UPDATE logins SET password_hash = 'x', reset_required_at = NULL",
    "UPDATE sessions SET ended_at = NULL, end_reason = NULL",
    "UPDATE refresh_tokens SET spent_at = NULL WHERE digest IN"
    " (SELECT max(digest) FROM refresh_tokens GROUP BY session_id)",
    "VACUUM FULL ANALYZE logins",
    "VACUUM FULL ANALYZE sessions",
    "VACUUM FULL ANALYZE refresh_tokens",
    "CHECKPOINT",
)


async def prepare(ground: Ground) -> None:
    """Let everybody be signed in."""
    await ground.sql.execute(SIGNED_IN)
    await ground.sql.execute(RENEWED)


async def measure(ground: Ground, cores: Cores, rounds: int) -> list[Figure]:
    """Logins a second, ours and by hand in turn, and whether our memory is bounded."""
    await prepare(ground)
    ours: list[float] = []
    theirs: list[float] = []
    early: list[float] = []
    peaks: list[float] = []
    for _ in range(rounds):
        for statement in AS_BEFORE:
            await ground.sql.execute(statement)
        incident_id = await running_incident(ground)
        told = in_a_process(cores, OURS, ground.environment)
        await hold_against_tables(ground, incident_id, told["logins"])
        ours.append(told["logins"] / told["seconds"])
        early.append(told["early_kib"] / 1024)
        peaks.append(told["peak_kib"] / 1024)
        for statement in AS_BEFORE:
            await ground.sql.execute(statement)
        incident_id = await running_incident(ground)
        orders = await floor_orders(ground, incident_id)
        told = in_a_process(cores, FLOOR, {}, str(orders))
        await hold_against_tables(ground, incident_id, told["logins"])
        theirs.append(told["logins"] / told["seconds"])
    return [
        compare("W4 incident", "logins/s", ours, "by hand", theirs, at_least=0.5),
        compare("W4 peak memory", "MiB", peaks, "after a tenth", early, at_most=1.2),
    ]


async def running_incident(ground: Ground) -> UUID:
    """An incident over every login, confirmed, of which nothing is done yet."""
    platform = ground.platform
    now = platform.clock()
    known = now - timedelta(hours=1)
    due = clocks(known, now)
    async with platform.database.transaction() as connection:
        roles = select(StaffMember.role, StaffMember.id)
        staff = {row.role: row.id for row in await connection.execute(roles)}
        incident_id = new_id()
        await connection.execute(
            insert(Incident).values(
                id=incident_id,
                title="Ensaio",
                status="running",
                reason_code="confirmed_breach",
                reason_text=REASON_TEXT,
                selection={"all": True},
                form={},
                known_at=known,
                anpd_due_at=due.anpd_due_at,
                subjects_due_at=due.subjects_due_at,
                supplement_due_at=due.supplement_due_at,
                kept_until=due.kept_until,
                created_at=now,
                created_by=staff[Viewer.SYSTEMS_ENGINEER],
                confirmed_at=now,
                confirmed_by=staff[Viewer.DIRECTOR],
                confirmed_role=Viewer.DIRECTOR.value,
                expected=0,
            )
        )
        await incident_selection.fix(connection, incident_id, {"all": True})
    await ground.sql.execute("VACUUM (ANALYZE) incident_targets")
    return incident_id


async def floor_orders(ground: Ground, incident_id: UUID) -> Path:
    """What the floor is to write: the texts that ours makes of templates, ready-made."""
    confirmed = await ground.sql.fetchval(
        "SELECT confirmed_by FROM incidents WHERE id = $1", incident_id
    )
    now = ground.platform.clock()
    cause = Cause(confirmed, Viewer.DIRECTOR, "confirmed_breach", REASON_TEXT, now, incident_id)
    facts = intervention_reports.facts(cause, "pt-BR", now, 1)
    file = ground.folder / "incident-floor.json"
    orders = {
        "dsn": ground.url,
        "incident": str(incident_id),
        "staff": str(confirmed),
        "batch": incident_work.BATCH,
        "area": ground.platform.settings.area_url,
        "report": intervention_reports.render(ground.platform, "pt-BR", facts),
        "params": {**facts, "expires_at": now.isoformat()},
    }
    file.write_text(json.dumps(orders))
    return file


def in_a_process(
    cores: Cores, module: str, environment: Mapping[str, str], *arguments: str
) -> dict[str, Any]:
    """Run a module alone on the server's core; what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SALVAGUARDA")}
    with cores.starting_on(cores.server):
        process = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**kept, **environment},
            stdout=subprocess.PIPE,
            check=True,
        )
    told: dict[str, Any] = json.loads(process.stdout)
    return told


async def hold_against_tables(ground: Ground, incident_id: UUID, logins: int) -> None:
    """Raise `BenchBroken` unless every login was dealt with exactly once, to the last row."""
    expected = await ground.sql.fetchval("SELECT count(*) FROM logins")
    counts = {"logins told": logins}
    for what, query in {
        "targets done": "SELECT count(done_at) FROM incident_targets WHERE incident_id = $1",
        "reports": "SELECT count(DISTINCT login_id) FROM interventions WHERE incident_id = $1",
        "mails": "SELECT count(DISTINCT login_id) FROM outbox_messages"
        " WHERE batch = 'incident:' || $1::uuid::text",
        "links": "SELECT count(DISTINCT login_id) FROM one_time_tokens WHERE spent_at IS NULL"
        " AND login_id IN (SELECT login_id FROM incident_targets WHERE incident_id = $1)",
        "logins without a password": "SELECT count(*) FROM logins WHERE password_hash IS NULL"
        " AND id IN (SELECT login_id FROM incident_targets WHERE incident_id = $1)",
        "on record": "SELECT count(DISTINCT audit_subjects.subject_id) FROM audit_subjects"
        " JOIN audit_events ON audit_events.id = event_id WHERE audit_events.subject_id = $1",
    }.items():
        counts[what] = await ground.sql.fetchval(query, incident_id)
    sessions = await ground.sql.fetchval(
        "SELECT count(*) FROM sessions WHERE kind = 'customer' AND ended_at IS NULL"
    )
    if set(counts.values()) != {expected} or sessions:
        raise BenchBroken(f"{expected} logins, but {counts} and {sessions} living sessions")
