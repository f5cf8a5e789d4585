"""Wrapping old hashes: on every core, beside the event loop."""

import asyncio
import os

import pytest

from app.core.cores import usable_cores
from app.core.settings import Settings
from app.security.passwords import PasswordHasher
from app.services.legacy_hashing import Wrapping, spoken
from app.services.legacy_rows import OldHash
from tests.support import legacy

CHEAP = Settings(argon2_time_cost=1, argon2_memory_kib=8)


async def test_what_is_wrapped_opens_with_the_old_password() -> None:
    wrapping = Wrapping(CHEAP)
    try:
        plain, salted = await wrapping.wrap(
            [OldHash(legacy.md5("uma"), None), OldHash(legacy.md5("sal" + "outra").upper(), "sal")]
        )
    finally:
        wrapping.close()
    hasher = PasswordHasher(time_cost=1, memory_cost_kib=8)
    assert hasher.verify("uma", plain).ok
    assert hasher.verify("outra", salted).ok
    assert hasher.verify("outra", salted).needs_rehash
    assert not hasher.verify("outra", plain).ok
    assert legacy.md5("uma") not in plain


async def test_the_event_loop_runs_on_meanwhile() -> None:
    wrapping = Wrapping(Settings(argon2_time_cost=2, argon2_memory_kib=4096))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    counting = asyncio.create_task(count())
    try:
        await wrapping.wrap([OldHash("0" * 32, None)] * 30)
    finally:
        counting.cancel()
        wrapping.close()
    assert turns > 10  # a loop that is held up turns once


async def test_the_rate_is_measured_on_what_the_settings_ask_for() -> None:
    rates = []
    for settings in (CHEAP, Settings(argon2_time_cost=4, argon2_memory_kib=8192)):
        wrapping = Wrapping(settings)
        try:
            rates.append(await wrapping.rate())
        finally:
            wrapping.close()
    assert rates[0] > rates[1] > 0


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone keeps an affinity")
def test_the_cores_are_those_the_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert usable_cores() == len(allowed)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "less than a minute"), (26 * 60, "about 26 min"), (9000, "about 2.5 h")],
)
def test_durations_are_said_for_people(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
