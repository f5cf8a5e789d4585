"""``make bench``: our service against floors written by hand, on PostgreSQL, in one run.

    python -m tests.bench [--quick] [--only w1,w2,w3,refresh,w4,w5,w6,w7,w9,million,documents]
                          [--customers N] [--rows N]

Prints a table, then JSON. Exits 1 when a ratio that must be reached is missed, 2 when something
was measured that should not be (an answer that is not 200, or is not on the audit log).
`SALVAGUARDA_BENCH_DATABASE_URL` names another PostgreSQL server than the bench's own;
`SALVAGUARDA_ARGON2_MEMORY_KIB` and its like try another cost of Argon2.
"""

import argparse
import platform as machine
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import uvloop

from app.access.viewers import Viewer
from tests.bench import (
    consents,
    documents,
    incident,
    list_page,
    million,
    outbox,
    package,
    policy,
    read_one,
    refresh,
    sign_in,
)
from tests.bench.briefing import brief
from tests.bench.cores import Cores
from tests.bench.figures import Figure, as_json, table
from tests.bench.ground import database, prepared
from tests.bench.servers import serving
from tests.bench.trials import BenchBroken, Effort

PARTS = ("w1", "w2", "million", "w3", "refresh", "w7", "w4", "w5", "w6", "w9", "documents")
OURS = ("app.main:create_app", "--factory")
FLOOR = ("tests.bench.floor:app",)
CONSENTS_FLOOR = ("tests.bench.consents_floor:app",)
REFRESH_FLOOR = ("tests.bench.refresh_floor:app",)
VARIABLE = "SALVAGUARDA_FLOOR"
QUIET = 0.1


def main() -> int:
    """The process's exit status."""
    arguments = _arguments()
    cores = Cores()
    started = time.monotonic()
    with database() as (url, local), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            figures, taken = uvloop.run(_measure(arguments, cores, url, local, Path(folder)))
        except BenchBroken as broken:
            print(f"The bench is broken: {broken}", file=sys.stderr)
            return 2
    setting = {
        "customers": arguments.customers,
        "cores": cores.describe(),
        "python": machine.python_version(),
        "processor": _processor(),
        "quick": arguments.quick,
        "cores_taken_by_others_before": round(taken, 2),
        "seconds": round(time.monotonic() - started),
    }
    print(f"\n{cores.describe()}; {arguments.customers:,} customers; medians of rounds in turn\n")
    print(table(figures))
    print()
    print(as_json(setting, figures))
    return 0 if all(figure.held for figure in figures) else 1


async def _measure(
    arguments: argparse.Namespace, cores: Cores, url: str, local: bool, folder: Path
) -> tuple[list[Figure], float]:
    short = arguments.quick
    figures: list[Figure] = []
    if "documents" in arguments.only:
        _say("Verifying signed documents")
        figures += await documents.measure(cores, folder, 3 if short else 5, 3.0 if short else 5.0)
    if arguments.only == ["documents"]:  # they want no customers
        return figures, await cores.taken_by_others()
    async with prepared(url, folder, arguments.customers) as ground:
        cores.take_others(ground.backend if local else None)
        taken = await cores.taken_by_others()
        if taken > QUIET:
            _say(f"CAUTION: others use {taken:.0%} of the two cores, the figures will be wrong")
        token = await ground.token(Viewer.SUPPORT)
        with ExitStack() as servers:
            ours = servers.enter_context(
                serving(cores, OURS, ground.environment, folder / "ours.log")
            )
            if "w1" in arguments.only or "w2" in arguments.only:
                floors = [
                    servers.enter_context(
                        serving(cores, FLOOR, {VARIABLE: str(orders)}, orders.with_suffix(".log"))
                    )
                    for orders in (
                        await brief(ground, remember=True),
                        await brief(ground, remember=False),
                    )
                ]
                if "w1" in arguments.only:
                    _say("W1: reading one customer")
                    effort = Effort(3, 1.5) if short else Effort(7, 2.5)
                    figures += await read_one.measure(
                        ground, token, ours, floors[0], floors[1], effort
                    )
                if "w2" in arguments.only:
                    _say("W2: pages of fifty")
                    effort = Effort(3, 1.5) if short else Effort(7, 2.5)
                    figures += await list_page.measure(ground, token, ours, floors[0], effort)
            if "w3" in arguments.only:
                _say("W3: signing in")
                effort = Effort(3, 2.0) if short else Effort(5, 3.0)
                figures += await sign_in.throughput(ground, cores, ours, effort)
                effort = Effort(3, 3.0) if short else Effort(5, 4.0)
                figures += await sign_in.storm(ground, token, ours, effort)
            if "refresh" in arguments.only:
                _say("Renewing tokens")
                orders = await refresh.brief(ground)
                floor = servers.enter_context(
                    serving(
                        cores, REFRESH_FLOOR, {VARIABLE: str(orders)}, orders.with_suffix(".log")
                    )
                )
                effort = Effort(3, 1.5) if short else Effort(5, 2.5)
                figures += await refresh.measure(ground, ours, floor, effort)
            if "w7" in arguments.only:
                _say("W7: saying yes and no")
                orders = await consents.brief(ground)
                floor = servers.enter_context(
                    serving(
                        cores, CONSENTS_FLOOR, {VARIABLE: str(orders)}, orders.with_suffix(".log")
                    )
                )
                effort = Effort(3, 1.5) if short else Effort(7, 2.5)
                figures += await consents.measure(ground, ours, floor, effort)
            if "w4" in arguments.only:  # nobody has a password after it
                _say("W4: an incident over every login")
                figures += await incident.measure(ground, cores, 1 if short else 3)
            if "w5" in arguments.only:
                _say("W5: sending mails")
                figures += await outbox.measure(ground, cores, 3 if short else 5)
            if "w6" in arguments.only:
                _say("W6: telling of a policy")
                figures += await policy.measure(ground, cores, 3 if short else 5)
            if {"w6", "million"} <= set(arguments.only):
                _say("W6: growing to a million logins")
                figures += await policy.to_a_million(ground, cores)
            if "w9" in arguments.only:
                _say(f"W9: a package of {arguments.rows:,} rows")
                figures += await package.measure(ground, cores, 1 if short else 3, arguments.rows)
            if "million" in arguments.only:
                _say("W2: growing to a million customers")
                await million.grow(ground)
                figures += await million.measure(ground, token, ours)
    return figures, taken


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the package, for w9")
    parser.add_argument(
        "--only",
        type=lambda text: [part for part in PARTS if part in text.split(",")],
        default=list(PARTS),
        help=f"some of: {','.join(PARTS)}",
    )
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} ...", file=sys.stderr, flush=True)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else machine.machine()


if __name__ == "__main__":
    raise SystemExit(main())
