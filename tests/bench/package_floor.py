"""The same rows by hand: COPY … TO STDOUT as CSV, straight into a file.

python -m tests.bench.package_floor DSN FILE ROWS
"""

import json
import sys
from time import perf_counter
from typing import Any

import asyncpg
import uvloop


async def run(dsn: str, file: str, rows: str) -> dict[str, Any]:
    """Copy, and what it took."""
    sql = await asyncpg.connect(dsn, command_timeout=3600)
    await sql.fetch("SELECT 1 FROM audit_events LIMIT 1")
    started = perf_counter()
    await sql.copy_from_query(
        f"SELECT * FROM audit_events ORDER BY id LIMIT {int(rows)}",  # noqa: S608 - a number
        output=file,
        format="csv",
        header=True,
    )
    seconds = perf_counter() - started
    await sql.close()
    return {"seconds": seconds}


def main() -> None:
    """The process's work."""
    print(json.dumps(uvloop.run(run(*sys.argv[1:]))))


if __name__ == "__main__":
    main()
