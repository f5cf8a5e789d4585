"""Many clients say yes and no to the same purpose at once: every event counts, in one order.

    python -m tests.chaos.consents [--seconds 60] [--clients 32] [--seed N]

On SQLite and on PostgreSQL, through two replicas of the service, all for one account. Then the
ledger is held against what the clients were answered, and what stands against the ledger. Prints
what it found, as JSON; exits 1 when anything does not hold.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.access.processing import ANALYTICS
from app.models import ConsentEvent
from app.services import consent_states, consents
from tests.support.databases import KINDS, DatabaseKind, migrate
from tests.support.people import CustomerPerson, add_customer
from tests.support.postgres import private_postgres
from tests.support.records import rows
from tests.support.service import Service, serving

CONSENTS = "/v1/customer/consents"
SAYINGS = (
    {"purpose": ANALYTICS, "granted": True, "version": 1},
    {"purpose": ANALYTICS, "granted": False},
)


@dataclass(slots=True)
class Course:
    """What the clients were answered: events by sequence, and the statuses."""

    events: list[dict[str, Any]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


async def _client(
    service: Service, maria: CustomerPerson, until: float, chance: random.Random, course: Course
) -> None:
    while time.monotonic() < until:
        said = chance.choice(SAYINGS)
        answer = await service.client.post(CONSENTS, json=said, headers=maria.headers)
        course.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            event = answer.json()
            assert (event["state"] == "granted") is said["granted"]
            course.events.append(event)


async def judge(service: Service, maria: CustomerPerson, course: Course) -> list[str]:
    """What does not hold; nothing, if all is well."""
    async with service.platform.database.snapshot() as connection:
        wrong = await consent_states.faults(connection)
    ordered = select(ConsentEvent).where(ConsentEvent.subject_id == maria.id)
    ledger = await rows(service.platform, ordered.order_by(ConsentEvent.sequence))
    if [row.sequence for row in ledger] != list(range(1, len(ledger) + 1)):
        wrong.append("the ledger has a gap")
    told = {event["id"]: (event["sequence"], event["state"]) for event in course.events}
    kept = {str(row.id): (row.sequence, row.state) for row in ledger}
    if told.items() - kept.items():
        wrong.append(f"{len(told.items() - kept.items())} events were answered and are not there")
    unanswered = sum(course.statuses.values()) - len(course.events)
    if not 0 <= len(kept) - len(told) <= unanswered:
        wrong.append(f"{len(kept)} events, of which {len(told)} were answered")
    before = None
    for row in ledger:
        if row.state != _after(before, granted=row.state == "granted"):
            wrong.append(f"event {row.sequence}: {row.state} after {before}")
        before = row.state
    if (before == "granted") is not await consents.allows(service.platform, maria.id, ANALYTICS):
        wrong.append("what is allowed is not what was said last")
    return wrong


def _after(before: str | None, *, granted: bool) -> str:
    """What an answer is, after the one before it."""
    if granted:
        return "granted"
    return "withdrawn" if before == "granted" else "denied"


async def chaos(
    url: str, folder: Path, *, seconds: float, clients: int, seed: int
) -> dict[str, Any]:
    """The whole of it on one migrated database."""
    async with serving(url, folder) as first, serving(url, folder) as second:
        maria = await add_customer(first.platform)
        course, until = Course(), time.monotonic() + seconds
        await asyncio.gather(
            *(
                _client(
                    (first, second)[place % 2], maria, until, random.Random(seed + place), course
                )
                for place in range(clients)
            )
        )
        return {
            "seconds": seconds,
            "clients": clients,
            "seed": seed,
            "events": len(course.events),
            "statuses": dict(course.statuses),
            "wrong": await judge(first, maria, course),
        }


@contextmanager
def _database(kind: DatabaseKind, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'chaos.db'}"
        return
    with private_postgres() as server:
        yield server.url()


def main() -> int:
    """The process's exit status."""
    parser = argparse.ArgumentParser("tests.chaos.consents", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    for kind in KINDS:
        with (
            tempfile.TemporaryDirectory(prefix="chaos-") as place,
            _database(kind, Path(place)) as url,
        ):
            migrate(url)
            found[kind] = asyncio.run(chaos(url, Path(place), **vars(arguments)))
    print(json.dumps(found, indent=2))
    return 1 if any(each["wrong"] for each in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
