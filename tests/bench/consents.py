"""W7: customers say yes and no, against a bare server that writes the same rows by hand; and the
question that every use of data asks, answered on indexes alone."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from app.access.processing import MARKETING, OURSELVES
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.ids import new_id
from app.services import consents
from app.services.consent_gathering import SAY
from app.services.sessions import Holder, open_session
from tests.bench.briefing import CONNECTIONS
from tests.bench.caller import Request, keep_asking
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.servers import Server
from tests.bench.trials import BenchBroken, Effort, Side, alternate, post_json
from tests.support.people import stranger

PATH = "/v1/customer/consents"
PEOPLE = 500
"""Who are signed in: so many that few of the connections wait for another of the same account."""
SAID: Sequence[dict[str, Any]] = (
    {"purpose": MARKETING, "granted": True, "version": 1},
    {"purpose": MARKETING, "granted": False},
)
ROWS = (
    "SELECT * FROM consent_events WHERE id = $1",
    "SELECT * FROM consent_states WHERE id = $1",
    "SELECT * FROM audit_events WHERE subject_id = $1",
    "SELECT s.* FROM audit_subjects s JOIN audit_events e ON e.id = event_id"
    " WHERE e.subject_id = $1",
    "SELECT s.id AS account, kind, events - sequence AS beyond FROM consent_subjects s"
    " JOIN consent_events e ON e.subject_id = s.id WHERE e.id = $1",
)
"""What is written for an event, by its id."""
DIFFERENT = {"id", "sequence", "at", "subject_id", "event_id", "request_id"}
GROWING = ("consent_states", "consent_events")


async def brief(ground: Ground) -> Path:
    """The file with the floor's orders."""
    platform, settings = ground.platform, ground.platform.settings
    key = platform.keyring.signing_key()
    words = await ground.sql.fetchrow(
        "SELECT version, hash FROM purposes WHERE key = $1 ORDER BY version DESC", MARKETING
    )
    viewer, reading = Viewer.SELF, PURPOSES[Viewer.SELF][0]
    orders = {
        "dsn": ground.url,
        "pool": CONNECTIONS,
        "public_key": key.public.to_pem().decode(),
        "kid": key.kid,
        "issuer": settings.public_url,
        "purpose": MARKETING,
        "version": words["version"],
        "hash": words["hash"],
        "reading": reading,
        "named": ",".join(platform.projection.plans[viewer, reading, "consent_event"].visible),
        "policy_hash": platform.projection.hash,
    }
    file = ground.folder / "consents-floor.json"
    file.write_bytes(orjson.dumps(orders))
    return file


async def measure(ground: Ground, ours: Server, floor: Server, effort: Effort) -> list[Figure]:
    """Events a second; each on the ledger and on the audit log before it was answered."""
    await _hold_to_indexes(ground)
    tokens = await _sign_in(ground)
    await _hold_to_same_rows(ground, tokens[0], ours, floor)
    sides = {
        "ours": Side(ours, lambda number: _sayings(tokens, number)),
        "floor": Side(floor, lambda number: _sayings(tokens, number)),
    }
    courses = await alternate(ground, SAY, sides, effort)
    mine, theirs = courses["ours"], courses["floor"]
    return [
        compare("W7 consent", "req/s", mine.rates, "bare asyncpg", theirs.rates, at_least=0.7),
        compare(
            "W7 processor per request", "µs", mine.microseconds, "bare asyncpg", theirs.microseconds
        ),
    ]


async def _hold_to_same_rows(ground: Ground, token: str, ours: Server, floor: Server) -> None:
    """Raise `BenchBroken` unless both answer the same, and leave the same rows behind."""
    requests = [post_json(PATH, body, token=token) for body in SAID]
    mine = [await _said(ground, ours, request) for request in requests]
    other = [await _said(ground, floor, request) for request in requests]
    if mine != other:
        raise BenchBroken(f"ours: {mine!r}, the floor: {other!r}")


async def _said(ground: Ground, server: Server, request: bytes) -> list[dict[str, Any]]:
    """The answer to one request and all that was written for it, but for what always differs."""
    asked = iter([request])
    tally = await keep_asking(server.port, lambda: next(asked), 1, 0)
    answer = orjson.loads(tally.last_body)
    records = [answer]
    for rows in ROWS:
        records += map(dict, await ground.sql.fetch(rows, UUID(answer["id"])))
    return [
        {name: value for name, value in record.items() if name not in DIFFERENT}
        for record in records
    ]


def _sayings(tokens: list[str], number: int) -> Request:
    """Yes and no in turn, each of somebody drawn at random."""
    dice = random.Random(number)
    asked = [
        post_json(PATH, dice.choice(SAID), token=token) for token in dice.choices(tokens, k=4000)
    ]
    place = -1

    def request() -> bytes:
        nonlocal place
        place = (place + 1) % len(asked)
        return asked[place]

    return request


async def _sign_in(ground: Ground) -> list[str]:
    people = await ground.sql.fetch(
        "SELECT m.login_id, m.customer_id FROM memberships m"
        " JOIN customers c ON c.id = m.customer_id"
        " WHERE c.status = 'active' AND m.permissions = 'owner'"
        " ORDER BY m.id LIMIT $1",
        PEOPLE,
    )
    tokens = []
    for login, customer in people:
        holder = Holder("customer", login, Viewer.SELF, customer)
        async with ground.platform.database.transaction() as connection:
            _, opened = await open_session(
                ground.platform, connection, holder, stranger("bench"), ("password",)
            )
        tokens.append(opened.access_token)
    return tokens


async def _hold_to_indexes(ground: Ground) -> None:
    """Raise `BenchBroken` if the question reads a table through that grows with people."""
    database = ground.platform.database
    question = consents.asked(database.dialect, past=False)
    asking = replace(question, sql=f"EXPLAIN {question.sql}", readers=())
    values = {"purpose": MARKETING, "now": ground.platform.clock(), "recipient": OURSELVES}
    rows = await database.fetch(asking, values | {"subject": new_id()})
    plan = "\n".join(row[-1] for row in rows)
    if any(f"Seq Scan on {table}" in plan for table in GROWING):
        raise BenchBroken(plan)
