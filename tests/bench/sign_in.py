"""W3: signing in costs what Argon2 costs, and a storm of it does not hold the others up."""

import asyncio
import random
import subprocess
import sys

from app.services.demo import DOMAIN, PASSWORD
from tests.bench.caller import Request, Tally, ask_steadily, keep_asking
from tests.bench.cores import Cores
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.read_one import ACTION as READ
from tests.bench.read_one import reads
from tests.bench.servers import Server
from tests.bench.trials import Effort, hold_against_log, post_form
from tests.support.room import ROOT

PATH = "/v1/auth/customer/token"
ACTION = "auth:customer:sign_in"
STORM = 16
"""Callers who sign in at once, again and again."""
STEADY = 300.0
"""W1 requests a second, in calm and in storm: about a tenth of what the server can do."""
LEAD = 0.5
"""Seconds that the storm rages before the steady callers begin."""


async def throughput(ground: Ground, cores: Cores, ours: Server, effort: Effort) -> list[Figure]:
    """Sign-ins a second against hashes a second, in turn on the same core."""
    settings = ground.platform.settings
    cost = [
        settings.argon2_time_cost,
        settings.argon2_memory_kib,
        settings.argon2_parallelism,
    ]
    await keep_asking(ours.port, sign_ins(ground.customers, -1), STORM, 0.7)
    mine: list[float] = []
    bare: list[float] = []
    for number in range(effort.rounds):
        tally = await keep_asking(
            ours.port, sign_ins(ground.customers, number), STORM, effort.seconds
        )
        await hold_against_log(ground, ACTION, tally, "sign-in")
        mine.append(tally.rate)
        bare.append(await _bare(cores, cost, effort.seconds))
    name = f"W3 sign-in (m={cost[1]}, t={cost[0]}, p={cost[2]})"
    return [compare(name, "1/s", mine, "bare Argon2", bare, at_least=0.95)]


async def storm(ground: Ground, token: str, ours: Server, effort: Effort) -> list[Figure]:
    """The 99th percentile of a steady W1, alone and while as many as can sign in."""
    customers = await ground.visible_customers()
    calm: list[float] = []
    stormy: list[float] = []
    for number in range(effort.rounds):
        for found, weather in ((calm, False), (stormy, True)):
            request = reads(customers, token, number)
            steady = asyncio.create_task(_steady(ours, request, effort.seconds))
            if weather:
                signing_in = sign_ins(ground.customers, number)
                crowd = await keep_asking(ours.port, signing_in, STORM, effort.seconds + LEAD)
                await hold_against_log(ground, ACTION, crowd, "sign-in")
            tally = await steady
            await hold_against_log(ground, READ, tally, "W1")
            found.append(tally.percentile(0.99) * 1000)
    return [
        compare(
            f"W3 p99 of W1 in a storm ({STEADY:.0f}/s)", "ms", stormy, "calm", calm, at_most=3.0
        )
    ]


def sign_ins(customers: int, number: int) -> Request:
    """Sign-ins of the demo's people, drawn at random."""
    dice = random.Random(number)

    def request() -> bytes:
        username = f"cliente{dice.randint(1, customers)}@{DOMAIN}"
        return post_form(PATH, {"username": username, "password": PASSWORD})

    return request


async def _steady(ours: Server, request: Request, seconds: float) -> Tally:
    await asyncio.sleep(LEAD)
    return await ask_steadily(ours.port, request, STEADY, seconds)


async def _bare(cores: Cores, cost: list[int], seconds: float) -> float:
    """The bare loop's rate, in a process of its own on the server's core."""
    command = [sys.executable, "-m", "tests.bench.argon2_loop", *map(str, cost), str(seconds)]
    with cores.starting_on(cores.server):
        loop = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    output, _ = await loop.communicate()
    return float(output)
