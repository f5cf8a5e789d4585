"""The floor of an incident: the same rows for the same logins, by hand, in bare asyncpg batches.

    python -m tests.bench.incident_floor ORDERS.json

What it leaves out is what makes ours safe: claims that any number of workers share, locks, the
report made of templates, the matrix. Prints the seconds it took and the peak of its memory.
"""

import hashlib
import json
import os
import resource
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uuid_utils
import uvloop
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

UPDATES = (
    "UPDATE logins SET password_hash = NULL, reset_required_at = $2 WHERE id = ANY($1)",
    "UPDATE refresh_tokens SET spent_at = $2 WHERE spent_at IS NULL"
    " AND session_id IN (SELECT id FROM sessions WHERE login_id = ANY($1))",
    "UPDATE sessions SET ended_at = $2, end_reason = 'intervention'"
    " WHERE login_id = ANY($1) AND ended_at IS NULL",
    "UPDATE one_time_tokens SET spent_at = $2 WHERE login_id = ANY($1) AND spent_at IS NULL",
)
DELETES = (
    "DELETE FROM authenticators WHERE login_id = ANY($1) AND confirmed_at IS NULL",
    "DELETE FROM challenges WHERE login_id = ANY($1)",
)
TOKENS = (
    "INSERT INTO one_time_tokens (digest, purpose, login_id, created_at, expires_at)"
    " VALUES ($1, 'intervention', $2, $3, $4)"
)
REPORTS = (
    "INSERT INTO interventions (id, login_id, incident_id, staff_id, role, reason_code, language,"
    " report, created_at) VALUES ($1, $2, $3, $4, 'director', 'confirmed_breach', 'pt-BR', $5, $6)"
)
MAILS = (
    "INSERT INTO outbox_messages (id, key, batch, template, language, recipient, params, sealed,"
    " login_id, state, attempts, created_at, due_at)"
    " VALUES ($1, $2, $3, 'intervention', 'pt-BR', $4, $5, $6, $7, 'queued', 0, $8, $8)"
)
EVENT = (
    "INSERT INTO audit_events (id, at, actor_kind, request_id, action, subject_type, subject_id,"
    " fields, purpose, policy_hash, rows, outcome) VALUES ($1, $2, 'system', $3,"
    " 'system:intervention:create', 'incident', $4, 'reset_required_at', 'incident_response',"
    " $5, $6, 'allowed')"
)
SUBJECTS = "INSERT INTO audit_subjects (subject_id, event_id) VALUES ($1, $2)"
DONE = "UPDATE incident_targets SET done_at = $3 WHERE incident_id = $1 AND login_id = ANY($2)"


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


async def run(orders: dict[str, Any]) -> int:
    """Deal with every target; how many there were."""
    sql = await asyncpg.connect(orders["dsn"])
    await sql.set_type_codec(
        "jsonb", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads,
        schema="pg_catalog",
    )  # fmt: skip
    seal = AESGCM(bytes(32))
    incident = UUID(orders["incident"])
    rows = await sql.fetch(
        "SELECT login_id FROM incident_targets WHERE incident_id = $1 ORDER BY 1", incident
    )
    targets = [row[0] for row in rows]
    for start in range(0, len(targets), orders["batch"]):
        await _batch(sql, seal, incident, orders, targets[start : start + orders["batch"]])
    await sql.close()
    return len(targets)


async def _batch(
    sql: Any, seal: AESGCM, incident: UUID, orders: dict[str, Any], ids: list[UUID]
) -> None:
    now, staff = datetime.now(UTC), UUID(orders["staff"])
    until = now + timedelta(hours=24)
    async with sql.transaction():
        people = await sql.fetch("SELECT id, email, name FROM logins WHERE id = ANY($1)", ids)
        for statement in UPDATES:
            await sql.execute(statement, ids, now)
        for statement in DELETES:
            await sql.execute(statement, ids)
        tokens, reports, mails = [], [], []
        for person in people:
            login, mail, token = person["id"], new_id(), secrets.token_urlsafe(32)
            tokens.append((hashlib.sha256(token.encode()).digest(), login, now, until))
            reports.append((new_id(), login, incident, staff, orders["report"], now))
            link = orjson.dumps({"link": f"{orders['area']}/new-password#token={token}"})
            nonce = os.urandom(12)
            sealed = b"\x01" + nonce + seal.encrypt(nonce, link, b"\x01" + mail.bytes)
            params = {**orders["params"], "name": person["name"], "done_at": now.isoformat()}
            key, batch = f"incident:{incident}:{login}", f"incident:{incident}"
            mails.append((mail, key, batch, person["email"], params, sealed, login, now))
        await sql.executemany(TOKENS, tokens)
        await sql.executemany(REPORTS, reports)
        await sql.executemany(MAILS, mails)
        event = new_id()
        await sql.execute(EVENT, event, now, str(incident), incident, "0" * 64, len(people))
        await sql.executemany(SUBJECTS, [(login, event) for login in ids])
        await sql.execute(DONE, incident, ids, now)


def main() -> None:
    """Do what the orders say, and tell."""
    orders = json.loads(Path(sys.argv[1]).read_bytes())
    started = perf_counter()
    logins = uvloop.run(run(orders))
    told = {
        "logins": logins,
        "seconds": perf_counter() - started,
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
