"""`consents.allows` is one look-up on indexes, however many have said something.

`tests/bench/consents.py` shows the same at a hundred thousand subjects.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.access.processing import OURSELVES
from app.services import consents
from tests.support.service import serving

STAFF = (
    "INSERT INTO staff_members (id, email, email_key, name, role, status, password_hash,"
    " created_at) VALUES (md5('s')::uuid, 's@x', 's@x', 'S', 'director', 'active', '', now())"
)
FILL = (
    STAFF,
    "INSERT INTO recipients (id, name, country, contact_email, safeguards, status, created_at,"
    " created_by) SELECT md5('r' || n)::uuid, 'R' || n, 'PT', 'x@x', 'x', 'active', now(),"
    " md5('s')::uuid FROM generate_series(1, 500) n",
    "INSERT INTO consent_subjects (id, kind, events)"
    " SELECT md5(n::text)::uuid, 'account', 1 FROM generate_series(1, 5000) n",
    "INSERT INTO consent_events (id, subject_id, sequence, purpose, purpose_version, purpose_hash,"
    " state, recipient_id, fields, channel, actor_kind, evidence, at)"
    " SELECT md5('e' || n)::uuid, md5(n::text)::uuid, 1, 'third_party_sharing', 1, 'h', 'granted',"
    " md5('r' || n % 500 + 1)::uuid, 'customer.email', 'web', 'login', '{}', now()"
    " FROM generate_series(1, 5000) n",
    "INSERT INTO consent_states (subject_id, purpose, recipient_id, id, purpose_version, state,"
    " fields, expires_at, channel, at) SELECT subject_id, purpose, recipient_id, id,"
    " purpose_version, state, fields, expires_at, channel, at FROM consent_events",
)
GROWING = ("consent_states", "consent_events", "recipients")
"""The tables that grow with people; the register has a few dozen rows."""


@pytest.mark.parametrize("past", [False, True])
async def test_nothing_that_grows_is_read_through(
    database_url: str, tmp_path: Path, past: bool
) -> None:
    async with serving(database_url, tmp_path) as service:
        database = service.platform.database
        if database.is_postgresql:
            async with database.transaction() as connection:
                for statement in (*FILL, "ANALYZE"):
                    await connection.execute(text(statement))
        asked = consents.asked(database.dialect, past=past)
        explain = "EXPLAIN" if database.is_postgresql else "EXPLAIN QUERY PLAN"
        asking = replace(asked, sql=f"{explain} {asked.sql}", readers=())
        values = {
            "purpose": "third_party_sharing",
            "now": service.clock(),
            "subject": OURSELVES,
            "recipient": OURSELVES,
        }
        plan = "\n".join(str(row[-1]) for row in await database.fetch(asking, values))
        for table in GROWING:
            assert f"Seq Scan on {table}" not in plan, plan
            assert f"SCAN {table}" not in plan, plan
