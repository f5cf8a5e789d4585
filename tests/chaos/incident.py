"""`kill -9` at random moments during an incident: every login once, every recipient mailed.

    python -m tests.chaos.incident [--logins 5000] [--kills 50] [--seed N]

Workers, server and PostgreSQL are killed and started again until there were enough kills and the
incident is done and its mails are out. Then the tables and what the mail server took are held
against each other. Prints what it found, as JSON at the end; exits 1 when anything does not hold.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from app.core.clock import system_clock
from app.core.settings import Settings
from app.security.keys import Keyring
from app.services import demo, migrations
from app.services.outbox_leases import LEASE
from app.services.platform import open_platform
from tests.chaos.machine import Machine, machine
from tests.chaos.verdict import judge
from tests.support.incidents import INCIDENTS, REASON_TEXT, RENEWED, SIGNED_IN
from tests.support.people import StaffPerson, add_staff
from tests.support.postgres import EmbeddedPostgres, private_postgres
from tests.support.smtp import Mailbox, smtp_server

LONGEST = 900.0
"""Seconds after which it is not done and never will be."""


@dataclass(slots=True)
class Course:
    """What happened: the kills, and what a member of staff was answered meanwhile."""

    logins: int
    killed: Counter[str] = field(default_factory=Counter)
    moments: list[tuple[int, int]] = field(default_factory=list)
    """At each kill: logins dealt with, letters taken."""
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    progress: dict[str, Any] = field(default_factory=dict)
    finished: bool = False

    @property
    def kills(self) -> int:
        """How many there were."""
        return sum(self.killed.values())

    def summary(self) -> dict[str, Any]:
        """For people, and for programs."""
        during = [done for done, _ in self.moments if done < self.logins]
        return {
            "kills": self.kills,
            "killed": dict(self.killed),
            "kills_before_the_last_login": len(during),
            "kills_before_the_last_letter": sum(sent < self.logins for _, sent in self.moments),
            "answers_to_staff_meanwhile": dict(self.answers),
            "slowest_answer_seconds": round(self.slowest, 2),
        }


def prepare(
    postgres: EmbeddedPostgres, folder: Path, logins: int
) -> tuple[StaffPerson, StaffPerson]:
    """Fill the database: everybody signed in, a tenth without a password; two of the staff."""
    settings = Settings(
        database_url=postgres.url(),
        var_dir=folder,
        worker="none",
        argon2_time_cost=1,
        argon2_memory_kib=8,
        argon2_parallelism=1,
    )
    migrations.upgrade(settings)
    keyring = Keyring.create(settings.keys_path, development=True)

    async def fill() -> tuple[StaffPerson, StaffPerson]:
        platform = open_platform(settings, system_clock, keyring)
        try:
            await migrations.install(platform)
            await demo.load(platform, logins, lambda _: None)
            sql = await asyncpg.connect(postgres.url())
            await sql.execute(SIGNED_IN)
            await sql.execute(RENEWED)
            await sql.execute(
                "UPDATE logins SET password_hash = NULL WHERE id IN"
                " (SELECT id FROM logins ORDER BY id LIMIT (SELECT count(*) / 10 FROM logins))"
            )
            await sql.close()
            director = await add_staff(platform, "director")
            return director, await add_staff(platform, "systems_engineer")
        finally:
            await platform.close()

    return asyncio.run(fill())


async def run(
    subject: Machine,
    staff: tuple[StaffPerson, StaffPerson],
    mailbox: Mailbox,
    *,
    logins: int,
    kills: int,
    chance: random.Random,
    wait_for_leases: bool,
) -> tuple[str, Course]:
    """Kill until there were enough kills and everything is done; the incident, and the course."""
    course = Course(logins)
    subject.start()
    async with httpx.AsyncClient(base_url=subject.url, timeout=20) as client:
        await _ready(client)
        incident = await _confirmed(client, staff)
        watching = asyncio.create_task(_watch(client, staff[0], incident, course))
        try:
            async with asyncio.timeout(LONGEST):
                while course.kills < kills:
                    await asyncio.sleep(chance.choice((0.1, 0.5, 1.5, 3.0)) * chance.random() * 2)
                    done = course.progress.get("done", 0)
                    taken, before = len(mailbox.ids()), course.kills
                    await asyncio.to_thread(_kill, subject, course, chance)
                    course.moments += [(done, taken)] * (course.kills - before)
                    _say(f"{course.kills} kills, {done} done, {len(mailbox.ids())} letters")
                await _finished(subject, course, mailbox, wait_for_leases=wait_for_leases)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    return incident, course


async def _finished(
    subject: Machine, course: Course, mailbox: Mailbox, *, wait_for_leases: bool
) -> None:
    """Wait until everything is out. What the dead had claimed is due again in two minutes.

    Unless that is to be waited for, the clock is set ahead as soon as nothing else moves.
    """
    quiet, ahead, letters = 0, 0.0, -1
    while not course.finished:
        subject.start()
        await asyncio.sleep(1)
        quiet = quiet + 1 if len(mailbox.arrived) == letters else 0
        letters = len(mailbox.arrived)
        if quiet == 5 and not wait_for_leases:
            quiet, ahead = 0, ahead + LEASE.total_seconds()
            subject.set_ahead(ahead)


def _kill(subject: Machine, course: Course, chance: random.Random) -> None:
    """Somebody, at once, and have them back a little later."""
    victim = chance.choice(["worker", "worker", "server", "postgres", "postgres backend"])
    if victim == "postgres":
        subject.kill_database()
    elif victim == "postgres backend":
        if not subject.postgres.kill_backend():
            return
    else:
        (subject.server if victim == "server" else chance.choice(subject.workers)).kill()
        time.sleep(chance.random() / 2)
    course.killed[victim] += 1
    subject.start()


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def _confirmed(client: httpx.AsyncClient, staff: tuple[StaffPerson, StaffPerson]) -> str:
    """Enter an incident over everybody, and confirm it as somebody else; its id."""
    draft = {
        "title": "Ensaio",
        "reason_code": "confirmed_breach",
        "reason_text": REASON_TEXT,
        "known_at": system_clock().isoformat(),
        "selection": {"all": True},
    }
    entered = await client.post(INCIDENTS, json=draft, headers=staff[0].headers)
    entered.raise_for_status()
    incident = entered.json()
    confirmed = await client.post(
        f"{INCIDENTS}/{incident['id']}/confirm",
        json={"expected_count": incident["expected"]},
        headers=staff[1].headers,
    )
    confirmed.raise_for_status()
    return str(incident["id"])


async def _watch(
    client: httpx.AsyncClient, reader: StaffPerson, incident: str, course: Course
) -> None:
    """Look at the incident again and again, as staff would: whatever is answered adds up."""
    while True:
        started = time.monotonic()
        try:
            answer = await client.get(f"{INCIDENTS}/{incident}", headers=reader.headers)
        except httpx.TransportError:
            course.answers["no server"] += 1
        else:
            course.answers[str(answer.status_code)] += 1
            if answer.status_code == 200:
                course.slowest = max(course.slowest, time.monotonic() - started)
                progress = course.progress = answer.json()["progress"]
                mails, course.logins = progress["mails"], progress["logins"]
                assert sum(mails.values()) == progress["logins"], progress
                settled = mails["sent"] + mails["bounced"] + mails["abandoned"]
                course.finished = settled == progress["logins"]
        await asyncio.sleep(0.25)


def chaos(
    *, logins: int, kills: int, seed: int, workers: int = 2, wait_for_leases: bool = True
) -> dict[str, Any]:
    """The whole of it: what happened, and what does not hold (nothing, if all is well)."""
    with (
        private_postgres() as postgres,
        tempfile.TemporaryDirectory(prefix="chaos-") as place,
        smtp_server() as post,
        machine(postgres, Path(place), smtp_url=post.url, workers=workers) as subject,
    ):
        staff = prepare(postgres, Path(place), logins)
        started = time.monotonic()
        incident, course = asyncio.run(
            run(
                subject,
                staff,
                post.mailbox,
                logins=logins,
                kills=kills,
                chance=random.Random(seed),
                wait_for_leases=wait_for_leases,
            )
        )
        subject.stop()
        found = asyncio.run(judge(postgres.url(), incident, post.mailbox))
        seconds = round(time.monotonic() - started)
        return {"seed": seed, "seconds": seconds, **course.summary(), **found}


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(what, file=sys.stderr, flush=True)


def main() -> int:
    """The process's exit status."""
    parser = argparse.ArgumentParser("tests.chaos.incident", description=__doc__.partition("\n")[0])
    parser.add_argument("--logins", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    found = chaos(logins=arguments.logins, kills=arguments.kills, seed=arguments.seed)
    print(json.dumps(found, indent=2))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
