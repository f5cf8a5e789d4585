"""Growing delays for whoever guesses, and no lock that anyone can put on a stranger's account.

A try is counted before it is looked at, by one atomic step, so that a burst of parallel guesses
gets no more of them than a patient one. What was refused is not counted: the `Retry-After` of a
refusal is the moment at which the next try is really looked at, unless somebody else from the same
network takes it first. How often is told by `throttle_rules.py`.

* An account **in one network** has a few tries, then waits that double. A neighbour in the very
  same network can make its owner wait there; nobody else can.
* An account **anywhere** waits for at most half a minute: guesses from many networks share a pace,
  and a network that was told to wait has its turn when the time is over, whatever the others do.
  Where the account signed in well in the last month it is at home: this pace is not felt there.
* A **network** has a budget for each deed, counted over all accounts, and for those at home as for
  any other: else a neighbour who spent it would see from who still comes in who lives there. What
  a sign-in that went well took from it is given back. To keep a network out one must be in it.

Callers whose network is unknown (a Unix socket, an address that is none) share one budget. They are
not told apart in anything else: with a few tries for all of them anybody could keep anybody out.

Without Redis each process counts for itself. Counters hold no address and no network, only an HMAC.
A proxy must be named in `forwarded_allow_ips`: else all its callers are one network.
"""

import hmac
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from app.core.errors import Failure
from app.core.telemetry import logger
from app.security.counters import Counters, CountersAwayError, MemoryCounters, RedisCounters
from app.security.throttle_gates import Budgeted, Paced, Turn
from app.security.throttle_rules import DAY, RULES, Rule, ThrottledDeed

TRUSTED_SECONDS: Final = 30 * DAY
"""How long an account is at home in a network where it did well."""
AWAY_SECONDS: Final = 5.0
"""How long Redis is not asked again once it did not answer."""


class Throttle:
    """Asked before guessable or costly work. Counts in `shared` if there is one, else in `memory`.

    `key` is a secret of 32 bytes, the same in every process. When Redis is away each process counts
    in its own memory, from nothing, until it is back: nobody is refused for it.
    """

    def __init__(
        self,
        memory: MemoryCounters,
        shared: RedisCounters | None,
        key: bytes,
        *,
        on: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory
        self._shared = shared
        self._key = key
        self._on = on
        self._monotonic = monotonic
        self._asked_again_at = -math.inf
        self._away = False

    async def attempt(
        self, deed: ThrottledDeed, *, network: str | None, account: str | None = None
    ) -> None:
        """Count a try. `account` is whatever the deed is aimed at: an e-mail key, an id.

        Raises `Failure("too_many_requests")` with the seconds to wait in ``Retry-After``; then
        nothing may be done, and the answer must be the same for an account that does not exist.
        """
        if not self._on:
            return
        wait = await self._count(
            lambda counters: self._try(counters, deed, network, account).admit()
        )
        if wait:
            raise Failure("too_many_requests", headers={"Retry-After": str(wait)})

    async def forgive(
        self, deed: ThrottledDeed, *, network: str | None, account: str | None = None
    ) -> None:
        """The try went well: its account begins anew there, and is at home after a sign-in."""
        if self._on:
            await self._count(
                lambda counters: self._try(counters, deed, network, account).forgive()
            )

    async def close(self) -> None:
        """Close the connections."""
        if self._shared is not None:
            await self._shared.close()

    async def _count(self, work: Callable[[Counters], Awaitable[int]]) -> int:
        if self._shared is None or self._monotonic() < self._asked_again_at:
            return await work(self._memory)
        if self._away:  # one asks whether it is back, the others do not wait for the answer
            self._asked_again_at = self._monotonic() + AWAY_SECONDS
        try:
            answer = await work(self._shared)
        except CountersAwayError:
            self._asked_again_at = self._monotonic() + AWAY_SECONDS
            if not self._away:
                self._away = True
                logger.warning("throttle_counts_in_memory", why="redis_away")
            return await work(self._memory)
        if self._away:
            self._away, self._asked_again_at = False, -math.inf
            logger.info("throttle_counts_in_redis_again")
        return answer

    def _try(
        self, counters: Counters, deed: ThrottledDeed, network: str | None, account: str | None
    ) -> "_Try":
        def name(scope: str, *of: str | None) -> str | None:
            if None in of:
                return None
            return shared(scope, *of)

        def shared(scope: str, *of: str | None) -> str:
            said = repr((scope, *of)).encode()  # the parts stay apart, and any text has a form
            return f"{scope}:{hmac.digest(self._key, said, 'sha256')[:16].hex()}"

        rule = RULES[deed]
        return _Try(
            counters,
            rule,
            pair=name("pair", deed, account, network),
            account=name("account", deed, account),
            network=shared("network", deed, network),
            home=name("home", rule.home, account, network),
        )


class _Try:
    """One try of one deed, and the counters that it must pass; a name is None where it has none."""

    def __init__(
        self,
        counters: Counters,
        rule: Rule,
        *,
        pair: str | None,
        account: str | None,
        network: str,
        home: str | None,
    ) -> None:
        self._counters = counters
        self._home = home
        self._strangers = rule.strangers
        self._gives_back = rule.home is not None
        self._pair = Paced(counters, pair, rule.pair) if pair and rule.pair else None
        self._account = Paced(counters, account, rule.account) if account and rule.account else None
        self._network = Budgeted(counters, network, rule.network) if rule.network else None
        self._turn = Turn(counters, pair) if pair and self._strangers else None

    async def admit(self) -> int:
        """Count the try: 0 when it may go on, else the seconds to wait for another."""
        at_home = await self._at_home()
        wait = await self._wait(at_home)
        if not wait and await self._enter(at_home):
            return 0
        return max(math.ceil(wait or await self._wait(at_home)), 1)

    async def forgive(self) -> int:
        """Take back what the try cost; always 0."""
        if self._pair is not None:
            await self._pair.forget()
        if self._account is not None and not self._strangers:
            await self._account.forget()
        if self._gives_back:  # what it took from what all share
            if self._account is not None and not await self._at_home():
                await self._account.give_back()
            if self._network is not None:
                await self._network.give_back()
        if self._home is not None:
            await self._counters.clear(self._home)
            await self._counters.add(self._home, TRUSTED_SECONDS)
        return 0

    async def _at_home(self) -> bool:
        return self._home is not None and await self._counters.read(self._home) > 0

    async def _wait(self, at_home: bool) -> float:
        """All waits, so that a caller who comes back after the longest meets no other."""
        waits = [await self._pair.wait() if self._pair is not None else 0.0]
        if not at_home:
            waits.append(await self._account_wait())
        if self._network is not None:
            waits.append(await self._network.wait())
        return max(waits)

    async def _account_wait(self) -> float:
        wait = await self._account.wait() if self._account is not None else 0.0
        if not wait or self._turn is None:
            return wait
        turn = await self._turn.wait()
        if turn is None:
            turn = math.ceil(wait)
            await self._turn.reserve(turn)
        return turn

    async def _enter(self, at_home: bool) -> bool:
        """The narrowest first: what stops at one is not counted by the next."""
        if self._pair is not None and not await self._pair.enter():
            return False
        if not at_home and not await self._enter_account():
            return False
        return self._network is None or await self._network.enter()

    async def _enter_account(self) -> bool:
        if self._account is None or await self._account.enter():
            return True
        return self._turn is not None and await self._turn.take()
