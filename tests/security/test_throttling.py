"""`app/security/throttling.py`: guesses get slower, strangers cannot lock anybody out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from math import log2
from pathlib import Path
from time import monotonic
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Failure
from app.security.counters import MemoryCounters, RedisCounters
from app.security.throttle_rules import RULES, ThrottledDeed
from app.security.throttling import TRUSTED_SECONDS, Throttle
from tests.security.moment import Moment
from tests.support.redis import OwnRedis, own_redis

KEY = b"k" * 32
PATIENT = 60.0
"""Seconds for Redis: on a machine that stands still it is not away."""
HOME, CAFE = "198.51.100.0/24", "203.0.113.0/24"
MARIA = "maria@exemplo.com.br"
SIGN_IN: ThrottledDeed = "customer_sign_in"
STAFF: ThrottledDeed = "staff_sign_in"


@dataclass(frozen=True)
class Trial:
    """A throttle, and what makes its counters older. Redis' own clock runs on meanwhile."""

    throttle: Throttle
    pass_by: Callable[[float], None]
    since: float | None = None

    async def wait(
        self, network: str | None, account: str | None = MARIA, deed: ThrottledDeed = SIGN_IN
    ) -> int:
        """Try once: 0 if it was let through, else the seconds told."""
        return await tried(self.throttle, network, account, deed)

    def about(self, tries: int) -> range:
        """So many tries, and those for which a gate may have opened while a machine stood still."""
        seconds = 0.0 if self.since is None else monotonic() - self.since
        return range(tries, tries + 1 + int(log2(1 + seconds)))

    async def passed(self, tries: int, network: str | None, account: str | None = MARIA) -> int:
        """How many of so many tries at once were let through."""
        waits = await asyncio.gather(*(self.wait(network, account) for _ in range(tries)))
        return waits.count(0)


async def tried(
    throttle: Throttle, network: str | None, account: str | None, deed: ThrottledDeed = SIGN_IN
) -> int:
    try:
        await throttle.attempt(deed, network=network, account=account)
    except Failure as failure:
        told = failure
    else:
        return 0
    assert told.code == "too_many_requests"
    wait = int(told.headers["Retry-After"])
    assert wait > 0
    return wait


def in_memory(moment: Moment) -> Trial:
    return Trial(Throttle(MemoryCounters(moment), None, KEY), moment.pass_by)


@pytest.fixture(
    params=["memory", pytest.param("redis", marks=pytest.mark.needs_program("redis-server"))]
)
async def trial(
    request: pytest.FixtureRequest, tmp_path: Path, moment: Moment
) -> AsyncIterator[Trial]:
    if request.param == "memory":
        yield in_memory(moment)
        return
    with own_redis(tmp_path) as server:
        throttle = Throttle(MemoryCounters(moment), RedisCounters(server.url, PATIENT), KEY)
        yield Trial(throttle, server.pass_by, monotonic())
        await throttle.close()


@pytest.fixture
def exact(moment: Moment) -> Trial:
    """In memory: time stands still unless told."""
    return in_memory(moment)


async def test_a_few_tries_then_waits_that_double_up_to_a_quarter_of_an_hour(exact: Trial) -> None:
    assert [await exact.wait(HOME) for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(13):
        waits.append(await exact.wait(HOME))
        exact.pass_by(waits[-1])
        assert await exact.wait(HOME) == 0
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_refused_tries_cost_nothing_and_are_told_the_truth(exact: Trial) -> None:
    await exact.passed(5, HOME)
    for _ in range(3):
        exact.pass_by(await exact.wait(HOME))
        assert await exact.wait(HOME) == 0
    assert await exact.wait(HOME) == 8
    for elapsed in range(1, 8):
        exact.pass_by(1)
        assert {await exact.wait(HOME) for _ in range(20)} == {8 - elapsed}
    exact.pass_by(1)
    assert await exact.wait(HOME) == 0


async def test_a_burst_gets_no_more_tries_than_a_patient_one(trial: Trial) -> None:
    for tries, shut in ((5, 1), (1, 2), (1, 4), (1, 8)):
        assert await trial.passed(100, HOME) in trial.about(tries)
        trial.pass_by(shut)


async def test_success_begins_anew(trial: Trial) -> None:
    for _ in range(4):
        assert await trial.passed(100, HOME) in trial.about(5)
        await trial.throttle.forgive(SIGN_IN, network=HOME, account=MARIA)


async def test_the_day_after_it_begins_anew(exact: Trial) -> None:
    await exact.passed(5, HOME)
    for _ in range(4):
        exact.pass_by(await exact.wait(HOME))
        await exact.wait(HOME)
    exact.pass_by(86_400)
    assert await exact.passed(100, HOME) == 5


async def test_guesses_from_many_networks_share_one_pace(exact: Trial) -> None:
    waits = [await exact.wait(f"10.0.{number}.0/24") for number in range(60)]
    assert waits == [0] * 20 + [1] * 40
    fresh: list[int] = []
    for later in range(1, 9):  # nobody who was told to wait comes back: newcomers pass one by one
        exact.pass_by(30)
        fresh = [await exact.wait(f"10.{later}.{number}.0/24") for number in range(50)]
        assert fresh.count(0) == 1
    assert set(fresh) == {0, 30}


async def test_a_stranger_can_make_nobody_wait_for_longer_than_half_a_minute(exact: Trial) -> None:
    for number in range(200):
        await exact.wait(f"10.0.{number}.0/24")
    for round_ in range(8):
        exact.pass_by(60)
        for number in range(20):
            await exact.wait(f"10.1.{round_ * 20 + number}.0/24")
    wait = await exact.wait(CAFE)
    assert 0 < wait <= 30
    for second in range(wait):  # meanwhile they never rest
        assert await exact.wait(CAFE) == wait - second
        exact.pass_by(1)
        for number in range(5):
            await exact.wait(f"10.2.{second * 5 + number}.0/24")
    assert await exact.passed(100, CAFE) == 1


async def test_where_one_signed_in_lately_one_never_waits_for_strangers(exact: Trial) -> None:
    assert await exact.wait(HOME) == 0
    await exact.throttle.forgive(SIGN_IN, network=HOME, account=MARIA)
    for number in range(100):
        await exact.wait(f"10.0.{number}.0/24")
    assert await exact.wait("10.1.0.0/24") > 0
    assert await exact.passed(100, HOME) == 5
    exact.pass_by(TRUSTED_SECONDS)
    await exact.passed(100, "10.2.0.0/24")
    assert await exact.passed(100, HOME) == 5


@pytest.mark.parametrize("deed", ["customer_sign_in", "staff_sign_in"])
async def test_a_network_that_was_spent_does_not_tell_who_is_at_home_in_it(
    trial: Trial, deed: ThrottledDeed
) -> None:
    assert await trial.wait(HOME, MARIA, deed) == 0
    await trial.throttle.forgive(deed, network=HOME, account=MARIA)
    budget = RULES[deed].network
    assert budget is not None
    junk = [await trial.wait(HOME, f"{n}@exemplo.com.br", deed) for n in range(budget.tries + 20)]
    assert junk.count(0) == budget.tries
    assert abs(await trial.wait(HOME, MARIA, deed) - junk[-1]) <= 1  # Redis' clock runs on
    assert await trial.wait(HOME, MARIA, deed) > 200
    assert await trial.wait(CAFE, MARIA, deed) == 0
    trial.pass_by(budget.seconds)
    assert await trial.wait(HOME, MARIA, deed) == 0


JUNK = st.lists(
    st.tuples(st.sampled_from([0, 1, 50, 99, 100, 130]), st.sampled_from([0, 1, 40, 299, 300])),
    max_size=3,
)


@settings(deadline=None, max_examples=50)  # some hundred tries each
@given(junk=JUNK)
async def test_a_neighbour_sees_no_difference_between_who_is_at_home_and_who_is_not(
    junk: list[tuple[int, float]],
) -> None:
    trial, deed = in_memory(Moment()), STAFF
    await trial.wait(HOME, MARIA, deed)
    await trial.throttle.forgive(deed, network=HOME, account=MARIA)
    for tries, pause in junk:
        for number in range(tries):
            await trial.wait(HOME, f"{number}-{pause}@example.org", deed)
        trial.pass_by(pause)
    at_home = await trial.wait(HOME, MARIA, deed)
    if not at_home:
        await trial.throttle.forgive(deed, network=HOME, account=MARIA)
    assert await trial.wait(HOME, "outra@exemplo.com.br", deed) == at_home


@pytest.mark.parametrize("deed", ["recovery", "registration"])
async def test_nobody_is_at_home_where_anybody_asks_about_an_address(
    exact: Trial, deed: ThrottledDeed
) -> None:
    for well in (SIGN_IN, deed):
        await exact.wait(HOME, deed=well)
        await exact.throttle.forgive(well, network=HOME, account=MARIA)
    for number in range(20):
        await exact.wait(f"10.0.{number}.0/24", deed=deed)
    assert await exact.wait(HOME, deed=deed) == await exact.wait(CAFE, deed=deed) == 1
    exact.pass_by(1)
    assert await exact.wait(HOME, deed=deed) == 0  # its turn: nobody is locked out


@pytest.mark.parametrize("deed", ["customer_sign_in", "recovery", "registration"])
async def test_an_office_comes_in_together(exact: Trial, deed: ThrottledDeed) -> None:
    waits = [await exact.wait(HOME, f"{n}@exemplo.com.br", deed) for n in range(100)]
    assert set(waits) == {0}


async def test_those_who_do_well_take_nothing_from_their_network(trial: Trial) -> None:
    for number in range(250):
        account = f"{number}@exemplo.com.br"
        assert await trial.wait(HOME, account) == 0
        await trial.throttle.forgive(SIGN_IN, network=HOME, account=account)
        # Again and again: nobody may pile up credit for others.
        assert await trial.wait(HOME, account) == 0
        await trial.throttle.forgive(SIGN_IN, network=HOME, account=account)
    waits = [await trial.wait(HOME, f"{number}@example.org") for number in range(201)]
    assert waits.count(0) == 200


async def test_a_code_is_not_guessed_from_many_networks_either(exact: Trial) -> None:
    waits = [
        await exact.wait(f"10.0.{number}.0/24", "login-1", "second_factor") for number in range(50)
    ]
    assert waits == [0] * 5 + [1] * 45
    for expected in (1, 2, 4, 8):
        assert await exact.wait(CAFE, "login-1", "second_factor") == expected
        exact.pass_by(expected)
        assert await exact.wait(HOME, "login-1", "second_factor") == 0
    await exact.throttle.forgive("second_factor", network=CAFE, account="login-1")
    assert [await exact.wait(HOME, "login-1", "second_factor") for _ in range(5)] == [0] * 5


async def test_deeds_accounts_and_networks_are_counted_apart(exact: Trial) -> None:
    assert await exact.passed(100, HOME) == 5
    assert await exact.wait(HOME, "joao@exemplo.com.br") == 0
    assert await exact.wait(CAFE) == 0
    assert await exact.wait(HOME, deed="recovery") == 0
    assert await exact.wait(HOME, deed="staff_sign_in") == 0


async def test_those_of_unknown_network_share_a_budget_and_no_account_is_locked_by_them(
    exact: Trial,
) -> None:
    assert [await exact.wait(None) for _ in range(21)] == [0] * 20 + [1]
    exact.pass_by(30)
    assert await exact.wait(None) == 0
    junk = [await exact.wait(None, f"{number}@exemplo.com.br") for number in range(200)]
    assert junk.count(0) == 200 - 21
    assert await exact.wait(None, "joao@exemplo.com.br") > 200
    assert await exact.wait(HOME, "joao@exemplo.com.br") == 0


@pytest.mark.parametrize("deed", [deed for deed, rule in RULES.items() if rule.network is not None])
async def test_no_budget_is_off_where_the_network_is_unknown(
    exact: Trial, deed: ThrottledDeed
) -> None:
    budget = RULES[deed].network
    assert budget is not None
    waits = [await exact.wait(None, None, deed) for _ in range(budget.tries + 100)]
    assert waits == [0] * budget.tries + [budget.seconds] * 100
    assert await exact.passed(1, "None", None) == 1
    assert await exact.wait("None", None, deed) == 0  # a text is another network


async def test_those_who_do_well_cost_an_unknown_network_nothing_either(exact: Trial) -> None:
    for number in range(250):
        assert await exact.wait(None, f"{number % 3}@exemplo.com.br") == 0
        await exact.throttle.forgive(SIGN_IN, network=None, account=f"{number % 3}@exemplo.com.br")
    assert await exact.passed(300, None, None) == 200
    await exact.throttle.forgive(SIGN_IN, network=None)


@pytest.mark.parametrize("account", ["", "\ud800", "\0", "a" * 100_000, "é\n", "None"])
async def test_any_text_can_be_an_account(moment: Moment, account: str) -> None:
    trial = in_memory(moment)
    assert [await trial.wait(HOME, account) for _ in range(6)] == [0] * 5 + [1]


@pytest.mark.parametrize("deed", RULES)
async def test_every_deed_is_limited(moment: Moment, deed: ThrottledDeed) -> None:
    trial = in_memory(moment)
    most = 1200 if deed == "analytics" else 120  # pages report by themselves
    waits = [await trial.wait(HOME, MARIA, deed) for _ in range(most + 380)]
    assert 0 < waits.count(0) <= most
    assert max(waits) <= 900


async def test_off_it_counts_nothing(moment: Moment) -> None:
    memory = MemoryCounters(moment)
    trial = Trial(Throttle(memory, None, KEY, on=False), moment.pass_by)
    assert await trial.passed(300, HOME) == 300
    await trial.throttle.forgive(SIGN_IN, network=HOME, account=MARIA)
    await trial.throttle.close()
    assert memory._counters == {}


async def test_memory_takes_in_no_address_and_no_network(moment: Moment) -> None:
    memory = MemoryCounters(moment)
    throttle = Throttle(memory, None, KEY)
    await tried(throttle, HOME, MARIA)
    await throttle.forgive(SIGN_IN, network=HOME, account=MARIA)
    assert memory._counters
    assert not any("maria" in key or "198" in key for key in memory._counters)
    other = Throttle(memory, None, b"x" * 32)
    before = set(memory._counters)
    await tried(other, HOME, MARIA)
    assert len(set(memory._counters) - before) == 3  # another secret, other names


@pytest.mark.needs_program("redis-server")
async def test_redis_takes_in_no_address_and_forgets_everything(tmp_path: Path) -> None:
    with own_redis(tmp_path) as server:
        throttle = Throttle(MemoryCounters(Moment()), RedisCounters(server.url, PATIENT), KEY)
        for number in range(40):
            await tried(throttle, f"10.0.{number}.0/24", MARIA)
        await throttle.forgive(SIGN_IN, network=HOME, account=MARIA)
        keys = server.keys()
        assert keys
        assert all(key.startswith(b"salvaguarda:throttle:") for key in keys)
        assert not any(b"maria" in key or b"10.0" in key for key in keys)
        assert 0 < server.longest() <= TRUSTED_SECONDS
        server.pass_by(TRUSTED_SECONDS)
        assert server.keys() == []
        await throttle.close()


@pytest.mark.needs_program("redis-server")
async def test_two_processes_on_one_redis_count_together(tmp_path: Path) -> None:
    with own_redis(tmp_path) as server:
        one, two = (
            Throttle(MemoryCounters(Moment()), RedisCounters(server.url, PATIENT), KEY)
            for _ in range(2)
        )
        waits = await asyncio.gather(
            *(tried(throttle, HOME, MARIA) for throttle in (one, two) for _ in range(100))
        )
        assert 5 <= waits.count(0) < 8  # apart they would let ten through
        await two.forgive(SIGN_IN, network=HOME, account=MARIA)
        assert await tried(one, HOME, MARIA) == 0
        await one.close()
        await two.close()


@pytest.mark.needs_program("redis-server")
@pytest.mark.parametrize("how", ["stop", "freeze"])
async def test_without_redis_it_counts_in_memory_says_so_once_and_comes_back(
    tmp_path: Path, moment: Moment, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_redis(tmp_path) as server:
        throttle = Throttle(
            MemoryCounters(moment), RedisCounters(server.url), KEY, monotonic=moment.monotonic
        )
        assert [await tried(throttle, HOME, MARIA) for _ in range(5)] == [0] * 5
        cast(Callable[[], None], getattr(server, how))()
        waits = await asyncio.gather(*(tried(throttle, HOME, MARIA) for _ in range(100)))
        assert waits.count(0) == 5
        moment.pass_by(30)  # long enough to ask Redis again, in vain
        assert [await tried(throttle, HOME, MARIA) for _ in range(3)] == [0, 2, 2]
        _come_back(server, how)
        assert await tried(throttle, HOME, MARIA) == 2  # it is not asked at once
        moment.pass_by(30)
        await asyncio.gather(*(tried(throttle, CAFE, MARIA) for _ in range(100)))
        assert server.keys()
        said = capsys.readouterr()
        lines = (said.out + said.err).splitlines()
        assert sum("throttle_counts_in_memory" in line for line in lines) == 1
        assert sum("throttle_counts_in_redis_again" in line for line in lines) == 1
        await throttle.close()


def _come_back(server: OwnRedis, how: str) -> None:
    if how == "stop":
        server.start()
    else:
        server.thaw()


NETWORKS = st.sampled_from([HOME, CAFE, "10.0.0.0/24", "10.1.0.0/24"])
STEPS = st.lists(
    st.tuples(NETWORKS, st.integers(1, 30), st.sampled_from([0, 0, 0, 1, 5, 40, 1000, 90_000])),
    max_size=25,
)


@settings(deadline=None)  # hundreds of tries, on a machine that may be busy
@given(steps=STEPS, deed=st.sampled_from(sorted(RULES)))
async def test_who_comes_back_when_told_is_looked_at(
    steps: list[tuple[str, int, float]], deed: ThrottledDeed
) -> None:
    trial = in_memory(Moment())
    for network, tries, pause in steps:
        for _ in range(tries):
            await trial.wait(network, MARIA, deed)
        trial.pass_by(pause)
    wait = await trial.wait(HOME, MARIA, deed)
    assert wait <= 900
    if wait > 1:
        trial.pass_by(wait - 1)
        assert await trial.wait(HOME, MARIA, deed) == 1  # and not before
        trial.pass_by(1)
        assert await trial.wait(HOME, MARIA, deed) == 0


@settings(deadline=None)  # hundreds of tries, on a machine that may be busy
@given(
    before=STEPS,
    meanwhile=st.lists(
        st.tuples(st.integers(0, 200), st.integers(1, 20), st.floats(0, 3)), max_size=30
    ),
)
async def test_whatever_strangers_do_one_who_waited_has_a_turn(
    before: list[tuple[str, int, float]], meanwhile: list[tuple[int, int, float]]
) -> None:
    trial = in_memory(Moment())
    for network, tries, pause in before:
        if network != HOME:
            for _ in range(tries):
                await trial.wait(network)
        trial.pass_by(pause)
    wait: float = await trial.wait(HOME)
    assert wait <= 30
    if not wait:
        return
    for number, tries, pause in meanwhile:
        for _ in range(tries):
            await trial.wait(f"10.2.{number}.0/24")
        step = min(pause, wait)
        trial.pass_by(step)
        wait -= step
    trial.pass_by(wait)
    assert await trial.wait(HOME) == 0
