"""A new policy to everybody while mail servers misbehave and workers die: each is accounted for.

    python -m tests.chaos.policy [--logins 100000] [--kills 10] [--workers 3] [--seed N]

One login in a hundred has an address that bounces, five have one that is deferred once, one in two
hundred one at which the server takes the letter and hangs up once; one in a thousand is disabled.
Of the workers one is killed (SIGKILL) at a random moment, again and again, and started anew. In the
end the service's own report, the tables and what the mail server took are held against each other.
Prints what it found, as JSON; exits 1 when anything does not hold.
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
from typing import Any, Final

import asyncpg
import httpx

from app.core.clock import system_clock
from app.core.settings import Settings
from app.security.keys import Keyring
from app.services import demo, migrations
from app.services.outbox_leases import LEASE
from app.services.platform import open_platform
from tests.chaos.machine import Machine, machine
from tests.support.people import StaffPerson, add_staff
from tests.support.policies import CONTENT, DRAFTS
from tests.support.postgres import EmbeddedPostgres, private_postgres
from tests.support.smtp import Mailbox, smtp_server

LONGEST: Final = 3000.0
"""Seconds after which it is not done and never will be."""
MISBEHAVE: Final = {"bounce": 100, "defer": 20, "drop": 200}
"""One login in so many has an address that makes the server misbehave."""
DISABLED: Final = 1000

# The n-th login is what the first of these says that divides n.
_ADDRESS = """
    UPDATE logins SET email = kind || '+' || number || '@exemplo.com.br',
                      email_key = kind || '+' || number || '@exemplo.com.br'
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM logins) AS numbered,
         (SELECT $1::text AS kind) AS misbehaviour
    WHERE numbered.id = logins.id AND number % $2 = $3
"""
# Their accounts are written to at the same addresses, so that there is one mail for each login.
_ACCOUNTS = """
    UPDATE customers SET email = logins.email, email_key = logins.email_key
    FROM memberships JOIN logins ON logins.id = login_id
    WHERE customer_id = customers.id AND permissions = 'owner'
"""


@dataclass(slots=True)
class Course:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)
    kills_before_the_end: int = 0
    publishing_seconds: float = 0.0
    draining_seconds: float = 0.0
    slowest_report_seconds: float = 0.0
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether the fate of every mail is known."""
        news = self.report.get("news")
        return news is not None and news["under_way"] == 0


def prepare(
    postgres: EmbeddedPostgres, folder: Path, logins: int
) -> tuple[StaffPerson, StaffPerson]:
    """Fill the database, give some of the logins addresses that misbehave; two of the staff."""
    settings = Settings(
        database_url=postgres.url(),
        var_dir=folder,
        worker="none",
        access_token_seconds=3600,
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
            sql = await asyncpg.connect(postgres.url(), command_timeout=600)
            for place, (kind, one_in) in enumerate(MISBEHAVE.items(), start=1):
                await sql.execute(_ADDRESS, kind, one_in, place)
            await sql.execute(
                "UPDATE logins SET status = 'disabled' FROM (SELECT id, row_number() OVER"
                " (ORDER BY id) AS number FROM logins) AS numbered"
                " WHERE numbered.id = logins.id AND number % $1 = 0",
                DISABLED,
            )
            await sql.execute(_ACCOUNTS)
            await sql.execute("VACUUM ANALYZE")
            await sql.close()
            director = await add_staff(platform, "director")
            return director, await add_staff(platform, "privacy_officer")
        finally:
            await platform.close()

    return asyncio.run(fill())


async def misbehaving_once(url: str, mailbox: Mailbox) -> None:
    """What is deferred or hung up on is taken the second time."""
    sql = await asyncpg.connect(url)
    patterns = "email LIKE 'defer+%' OR email LIKE 'drop+%'"
    for row in await sql.fetch(f"SELECT email FROM logins WHERE {patterns}"):  # noqa: S608 - ours
        mailbox.once(row["email"])
    await sql.close()


async def run(
    subject: Machine,
    staff: tuple[StaffPerson, StaffPerson],
    *,
    kills: int,
    chance: random.Random,
    wait: bool,
) -> tuple[int, Course]:
    """Publish, kill until there were enough kills, and wait for the end; version and course."""
    course = Course()
    subject.start()
    async with httpx.AsyncClient(base_url=subject.url, timeout=300) as client:
        await _ready(client)
        version = await _publish(client, staff, course)
        started = time.monotonic()
        watching = asyncio.create_task(_watch(client, staff[0], version, course))
        try:
            async with asyncio.timeout(LONGEST):
                while course.kills.total() < kills:
                    await asyncio.sleep(0.2 + chance.random() * 2)
                    victim = chance.choice(subject.workers)
                    await asyncio.to_thread(victim.kill)
                    course.kills[victim.name] += 1
                    course.kills_before_the_end += not course.done
                    await asyncio.sleep(chance.random())
                    subject.start()
                await _finished(subject, course, watching, wait=wait)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        course.draining_seconds = time.monotonic() - started
    return version, course


async def _finished(
    subject: Machine, course: Course, watching: "asyncio.Task[None]", *, wait: bool
) -> None:
    """Wait until the fate of each is known. What was deferred, or leased by who died, takes time.

    Unless that is to be waited for, the clock is set ahead as soon as nothing else moves.
    """
    quiet, ahead, settled = 0, 0.0, -1
    while not course.done:
        if watching.done():
            watching.result()
        await asyncio.sleep(1)
        now = course.report.get("news", {}).get("settled", 0)
        quiet = quiet + 1 if now == settled else 0
        settled = now
        if quiet == 4 and not wait:
            quiet, ahead = 0, ahead + LEASE.total_seconds()
            subject.set_ahead(ahead)


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def _publish(
    client: httpx.AsyncClient, staff: tuple[StaffPerson, StaffPerson], course: Course
) -> int:
    """One writes, the other approves, the first publishes; the number of the version."""
    author, reviewer = staff
    made = await client.post(DRAFTS, json=CONTENT, headers=author.headers)
    made.raise_for_status()
    draft = f"{DRAFTS}/{made.json()['id']}"
    (await client.post(f"{draft}/submit", headers=author.headers)).raise_for_status()
    review = await client.post(
        f"{draft}/review",
        json={"decision": "approve"},
        headers={**reviewer.headers, "If-Match": await _read(client, draft, reviewer)},
    )
    review.raise_for_status()
    tag = await _read(client, draft, author)
    started = time.monotonic()
    published = await client.post(
        f"{draft}/publish", json={}, headers={**author.headers, "If-Match": tag}
    )
    published.raise_for_status()
    course.publishing_seconds = time.monotonic() - started
    return int(published.json()["version"])


async def _read(client: httpx.AsyncClient, draft: str, who: StaffPerson) -> str:
    """The tag of the draft, as they see it: nobody decides on what they have not read."""
    shown = await client.get(draft, headers=who.headers)
    shown.raise_for_status()
    return shown.headers["etag"]


async def _watch(client: httpx.AsyncClient, who: StaffPerson, version: int, course: Course) -> None:
    """Look at the report again and again: at every moment it accounts for everybody."""
    address = f"/v1/staff/policies/{version}/delivery"
    while True:
        started = time.monotonic()
        answer = await client.get(address, headers=who.headers)
        answer.raise_for_status()
        seconds = time.monotonic() - started
        course.slowest_report_seconds = max(course.slowest_report_seconds, seconds)
        report = answer.json()
        news = report["news"]
        assert sum(news["mails"].values()) == news["told"], news
        assert news["settled"] + news["under_way"] == news["told"], news
        course.report = report
        if sys.stderr.isatty():
            print(f"{news['settled']} of {news['told']}", file=sys.stderr, flush=True)
        await asyncio.sleep(0.5)


async def judge(url: str, course: Course, mailbox: Mailbox) -> dict[str, Any]:
    """The figures, and under ``wrong`` whatever does not hold."""
    sql = await asyncpg.connect(url)
    people = {row["email"]: row["status"] for row in await sql.fetch("SELECT * FROM logins")}
    rows = await sql.fetch(
        "SELECT recipient, state FROM outbox_messages WHERE batch LIKE 'policy:%'"
    )
    await sql.close()
    states = {row["recipient"]: row["state"] for row in rows}
    mails = course.report["news"]["mails"]
    ids: dict[str, set[str]] = {}
    for recipient, message_id in mailbox.taken:
        ids.setdefault(recipient, set()).add(message_id)
    disabled = {email for email, status in people.items() if status == "disabled"}
    bounce = {email for email in people if email.startswith("bounce+")} - disabled
    counts = Counter(states.values())
    claims = {
        "the report does not tell of everybody": course.report["news"]["told"] == len(people),
        "sent, bounced, abandoned and suppressed are not all who were told": (
            sum(mails[one] for one in ("sent", "bounced", "abandoned", "suppressed")) == len(people)
        ),
        "the report is not what stands in the table": all(
            counts[state] == number for state, number in mails.items()
        ),
        "somebody has not exactly one mail": len(rows) == len(states)
        and set(states) == set(people),
        "others than the disabled are suppressed": (
            {email for email, state in states.items() if state == "suppressed"} == disabled
        ),
        "others than those that bounce bounced": (
            {email for email, state in states.items() if state == "bounced"} == bounce
        ),
        "somebody who was written to got nothing, or somebody else something": (
            set(ids) == set(people) - disabled - bounce
        ),
        "somebody got two different letters": all(len(found) == 1 for found in ids.values()),
    }
    return {
        "logins": len(people),
        "mails": mails,
        "letters": mailbox.taken.total(),
        "letters_taken_twice": sum(times > 1 for times in mailbox.taken.values()),
        "connections": mailbox.connections,
        "wrong": [claim for claim, holds in claims.items() if not holds],
    }


def chaos(
    *, logins: int, kills: int, seed: int, workers: int = 3, wait: bool = True
) -> dict[str, Any]:
    """The whole of it: what happened, and what does not hold (nothing, if all is well)."""
    with (
        private_postgres() as postgres,
        tempfile.TemporaryDirectory(prefix="chaos-") as place,
        smtp_server() as post,
        machine(postgres, Path(place), smtp_url=post.url, workers=workers) as subject,
    ):
        post.mailbox.counts_only = True
        staff = prepare(postgres, Path(place), logins)
        asyncio.run(misbehaving_once(postgres.url(), post.mailbox))
        _, course = asyncio.run(
            run(subject, staff, kills=kills, chance=random.Random(seed), wait=wait)
        )
        subject.stop()
        found = asyncio.run(judge(postgres.url(), course, post.mailbox))
        return {
            "seed": seed,
            "kills": dict(course.kills),
            "kills_before_the_end": course.kills_before_the_end,
            "publishing_seconds": round(course.publishing_seconds, 2),
            "draining_seconds": round(course.draining_seconds),
            "slowest_report_seconds": round(course.slowest_report_seconds, 2),
            **found,
        }


def main() -> int:
    """The process's exit status."""
    parser = argparse.ArgumentParser("tests.chaos.policy", description=__doc__.partition("\n")[0])
    parser.add_argument("--logins", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    found = chaos(
        logins=arguments.logins,
        kills=arguments.kills,
        workers=arguments.workers,
        seed=arguments.seed,
    )
    print(json.dumps(found, indent=2))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
