"""W9: a disclosure package of the audit log, against a bare COPY of the same rows into a file."""

from pathlib import Path

from tests.bench.cores import Cores
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground, without_indexes
from tests.bench.incident import in_a_process
from tests.bench.trials import BenchBroken

OURS = "tests.bench.package_maker"
FLOOR = "tests.bench.package_floor"
FEW = 100_000

# Reads by staff, a millisecond apart, which is what most of the log is.
EVENTS = """
    INSERT INTO audit_events (id, at, actor_kind, actor_id, role, session_id, request_id, action,
                              subject_type, subject_id, fields, purpose, reason, policy_hash, rows,
                              outcome)
    SELECT uuidv7(), now() - number * interval '1 millisecond', 'staff', gen_random_uuid(),
           'support', gen_random_uuid(), gen_random_uuid()::text, 'staff:customer:read', 'customer',
           gen_random_uuid(), 'id,kind,status,name,email,phone,city,state', 'customer_support',
           CASE WHEN number % 10 = 0 THEN 'Incidente ' || number END,
           encode(sha256('matrix'), 'hex'), 1, 'allowed'
    FROM generate_series(1, $1) AS number
"""
AS_BEFORE = ("TRUNCATE stored_files CASCADE", "CHECKPOINT")


async def measure(ground: Ground, cores: Cores, rounds: int, rows: int) -> list[Figure]:
    """Rows a second, ours and copied in turn, and the memory of few rows and of all."""
    present = await ground.sql.fetchval("SELECT count(*) FROM audit_events")
    async with without_indexes(ground.sql, "audit_events"):
        await ground.sql.execute(EVENTS, max(0, rows - present), timeout=1800)
    ours: list[float] = []
    theirs: list[float] = []
    few: list[float] = []
    all_: list[float] = []
    for _ in range(rounds):
        few.append((await _made(ground, cores, min(FEW, rows)))["peak_kib"] / 1024)
        made = await _made(ground, cores, rows)
        ours.append(rows / made["seconds"])
        all_.append(made["peak_kib"] / 1024)
        await _as_before(ground)
        copy = ground.folder / "copy.csv"
        copied = in_a_process(cores, FLOOR, {}, ground.url, str(copy), str(rows))
        theirs.append(rows / copied["seconds"])
        _counted(copy, rows)
    return [
        compare(f"W9 package of {rows:,} rows", "rows/s", ours, "COPY to CSV", theirs),
        compare("W9 peak memory", "MiB", all_, f"of {min(FEW, rows):,}", few, at_most=1.1),
    ]


async def _made(ground: Ground, cores: Cores, rows: int) -> dict[str, float]:
    """What our process made. Raises `BenchBroken` unless it has every row, and is all stored."""
    await _as_before(ground)
    made = in_a_process(cores, OURS, ground.environment, str(rows))
    stored = await ground.sql.fetchval(
        "SELECT sum(octet_length(content) - 29) FROM stored_file_chunks"
    )
    if made["rows"] != rows or made["bytes"] != stored:
        raise BenchBroken(f"{made['rows']} rows of {rows}, {stored} bytes of {made['bytes']}")
    return made


async def _as_before(ground: Ground) -> None:
    for statement in AS_BEFORE:
        await ground.sql.execute(statement, timeout=600)


def _counted(copy: Path, rows: int) -> None:
    with copy.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    copy.unlink()
    if lines != rows + 1:
        raise BenchBroken(f"copied {lines} lines of {rows} rows")
