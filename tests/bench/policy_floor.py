"""The same messages by hand: one INSERT … SELECT, and nothing that asks who is to be told.

python -m tests.bench.policy_floor DSN VERSION
"""

import json
import sys
from time import perf_counter
from typing import Any

import asyncpg
import uvloop

QUEUE = """
    INSERT INTO outbox_messages (id, key, batch, template, language, recipient, params, login_id,
                                 state, attempts, created_at, due_at)
    SELECT gen_random_uuid(), $1 || ':' || id, $1, 'policy_changed', language, email, '{}', id,
           'queued', 0, now(), now()
    FROM logins
"""


async def run(dsn: str, version: str) -> dict[str, Any]:
    """Queue, and what it took."""
    sql = await asyncpg.connect(dsn, command_timeout=600)
    await sql.fetch("SELECT version FROM policies")
    started = perf_counter()
    async with sql.transaction():
        told = await sql.execute(QUEUE, f"policy:{version}")
    seconds = perf_counter() - started
    await sql.close()
    return {"told": int(told.rpartition(" ")[2]), "seconds": seconds}


def main() -> None:
    """The process's work."""
    print(json.dumps(uvloop.run(run(*sys.argv[1:]))))


if __name__ == "__main__":
    main()
