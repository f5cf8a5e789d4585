"""Renewing tokens, against the same statements on bare asyncpg: each token is used once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson

from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.ids import new_id
from app.security.opaque import new_opaque_token
from app.services.renewals import ACTION
from tests.bench.briefing import CONNECTIONS
from tests.bench.caller import Request
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.servers import Server
from tests.bench.trials import BenchBroken, Effort, Side, alternate, post_json

PATH = "/v1/auth/refresh"
SESSIONS = 40_000
"""Opened beforehand, a token each: more than both sides can use up."""


async def brief(ground: Ground) -> Path:
    """The file with the floor's orders."""
    platform, settings = ground.platform, ground.platform.settings
    kid = platform.keyring.signing_key().kid
    orders = {
        "dsn": ground.url,
        "pool": CONNECTIONS,
        "key": str(settings.keys_path / "signing" / f"{kid}.pem"),
        "kid": kid,
        "issuer": settings.public_url,
        "rotation": platform.rotation_key.hex(),
        "days": settings.refresh_token_days,
        "seconds": settings.access_token_seconds,
        "purpose": PURPOSES[Viewer.SELF][0],
        "policy_hash": platform.projection.hash,
    }
    file = ground.folder / "refresh-floor.json"
    file.write_bytes(orjson.dumps(orders))
    return file


async def measure(ground: Ground, ours: Server, floor: Server, effort: Effort) -> list[Figure]:
    """Refreshes a second; the ratio is reported, no bound is set."""
    tokens = iter(await _open_sessions(ground))
    sides = {
        "ours": Side(ours, lambda _: _renewals(tokens)),
        "floor": Side(floor, lambda _: _renewals(tokens)),
    }
    courses = await alternate(ground, ACTION, sides, effort)
    # What comes next shall not find them: an incident, say, would have to end them all.
    await ground.sql.execute("DELETE FROM sessions WHERE kind = 'customer'")
    await ground.sql.execute("VACUUM (ANALYZE) sessions, refresh_tokens")
    mine, theirs = courses["ours"], courses["floor"]
    return [
        compare("Refresh", "req/s", mine.rates, "bare asyncpg", theirs.rates),
        compare(
            "Refresh: processor per request",
            "µs",
            mine.microseconds,
            "bare asyncpg",
            theirs.microseconds,
        ),
    ]


def _renewals(tokens: Iterator[str]) -> Request:
    def request() -> bytes:
        token = next(tokens, None)
        if token is None:
            raise BenchBroken(f"{SESSIONS} refresh tokens were not enough")
        return post_json(PATH, {"refresh_token": token})

    return request


async def _open_sessions(ground: Ground) -> list[str]:
    """Sessions of the demo's people, in bulk; their refresh tokens."""
    people = await ground.sql.fetch(
        "SELECT login_id, customer_id FROM memberships ORDER BY id LIMIT $1", SESSIONS
    )
    now = ground.platform.clock()
    until = now + timedelta(days=30)
    sessions, kept, tokens = [], [], []
    for number in range(SESSIONS):
        login, customer = people[number % len(people)]
        session, (token, mark) = new_id(), new_opaque_token()
        sessions.append((session, "customer", login, customer, now, until))
        kept.append((mark, session, now, until))
        tokens.append(token)
    columns = ["id", "kind", "login_id", "customer_id", "created_at", "expires_at"]
    await ground.sql.copy_records_to_table("sessions", records=sessions, columns=columns)
    columns = ["digest", "session_id", "created_at", "expires_at"]
    await ground.sql.copy_records_to_table("refresh_tokens", records=kept, columns=columns)
    await ground.sql.execute("VACUUM (ANALYZE) sessions, refresh_tokens")
    return tokens
