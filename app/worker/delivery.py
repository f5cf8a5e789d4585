"""Carries the outbox out: claims what is due, sends it over several connections, settles it.

While letters are under way the next ones are claimed and the earlier ones settled, in small groups:
a crash makes no more duplicates than two of them and what is under way. When no letter would get
through (the mail server is away), what was claimed goes back to the table untried, and one letter
at a time tries whether it goes again.
"""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final

from app.core import metrics, telemetry
from app.core.errors import Failure
from app.services.mail_message import Objection, Outcome
from app.services.mail_smtp import LONGEST_SEND
from app.services.mail_transport import Transport, open_transport, sender
from app.services.outbox_grounds import hindrance
from app.services.outbox_leases import LEASE, Claimed, Settlement, claim, settle
from app.services.outbox_letters import letter_of
from app.services.platform import Platform

BATCH: Final = 64
"""Messages claimed at a time: a lone one that is queued meanwhile waits for no more than these."""
LOW: Final = 16
"""Messages left to send when more are claimed."""
GROUP: Final = 32
"""Messages settled at a time; no letter is begun while so many more wait to be."""
GATHER: Final = 0.05
"""Seconds that a group gathers in, unless it is full, while more letters are waiting to be sent."""
POLL: Final = 1.0
"""Seconds between looks at an outbox in which nothing is due."""
LONGEST_PAUSE: Final = 60.0
"""Seconds between tries of a mail server that is away."""
GRACE: Final = 10.0
"""Seconds that letters under way get when the worker is told to stop."""
BEGIN_WITHIN: Final = LEASE.total_seconds() - LONGEST_SEND - 10.0
"""Seconds after the claim within which sending must begin, to be over before the lease is."""


async def run(platform: Platform) -> None:
    """Deliver until cancelled; then finish what is under way and give back what is not.

    Raises `ValueError` at once when the settings for mail are not right.
    """
    delivery = Delivery(platform, open_transport(platform.settings))
    work = asyncio.create_task(delivery.work())
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        delivery.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(work, GRACE)
        raise


class Delivery:
    """One process's share of the delivering. `work` is called once, and ends after `stop`."""

    def __init__(self, platform: Platform, transport: Transport) -> None:
        self._platform = platform
        self._transport = transport
        self._sender = sender(platform.settings)
        self._stopping = asyncio.Event()
        self._hungry = asyncio.Event()
        self._full = asyncio.Event()
        self._halted = False
        self._waiting: asyncio.Queue[tuple[Claimed, float] | None] = asyncio.Queue()
        """What is to be sent, and until when (the loop's time) that may begin. None: no more."""
        self._done: asyncio.Queue[Settlement | None] = asyncio.Queue(GROUP - 1)

    def stop(self) -> None:
        """Claim nothing more, begin no letter."""
        self._stopping.set()
        self._hungry.set()

    async def work(self) -> None:
        """Claim, send and settle until told to stop."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._settle())
                senders = [
                    tasks.create_task(self._send()) for _ in range(self._transport.connections)
                ]
                await self._claim()
                for _ in senders:
                    self._waiting.put_nowait(None)
                await asyncio.wait(senders)
                await self._done.put(None)
        finally:
            await self._transport.close()

    async def _claim(self) -> None:
        """Keep a few messages before the senders, as long as there are any."""
        pauses = 0
        while not self._stopping.is_set():
            if self._halted:
                await self._waiting.join()
                self._halted = False
                await self._rest(min(2.0**pauses, LONGEST_PAUSE))
                pauses += 1
            most = 1 if pauses else BATCH
            claimed = await self._claimed(most)
            if claimed and pauses:
                await self._waiting.join()
                pauses = pauses if self._halted else 0
            elif claimed < most:
                await self._rest(POLL)
            else:
                await self._hungry.wait()

    async def _claimed(self, most: int) -> int:
        """Claim and hand over; how many there were: none while the database is away."""
        until = asyncio.get_running_loop().time() + BEGIN_WITHIN
        try:
            claimed = await claim(self._platform, most)
        except Failure as error:
            telemetry.logger.warning("outbox_not_claimed", **telemetry.describe(error))
            return 0
        self._hungry.clear()
        for each in claimed:
            self._waiting.put_nowait((each, until))
        return len(claimed)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _send(self) -> None:
        """One connection's work: letter after letter."""
        while (next_ := await self._waiting.get()) is not None:
            claimed, until = next_
            outcome = None
            late = asyncio.get_running_loop().time() > until
            if not (late or self._halted or self._stopping.is_set()):
                outcome = await self._attempt(claimed)
            await self._done.put(Settlement(claimed, outcome))
            if self._done.full():
                self._full.set()
            self._waiting.task_done()
            if self._waiting.qsize() <= LOW:
                self._hungry.set()

    async def _attempt(self, claimed: Claimed) -> Outcome | None:
        """Send it; None where nobody could say whether it may leave.

        What rests on a consent is asked for twice: now, and when only the letter itself is left.
        """
        objection = partial(hindrance, self._platform, claimed) if claimed.relies_on else None
        try:
            if objection is not None and (reason := await objection()) is not None:
                return Outcome("suppressed", reason)
            return await self._carry(claimed, objection)
        except Failure as error:
            telemetry.logger.warning("ground_not_read", **telemetry.describe(error))
            return None

    async def _carry(self, claimed: Claimed, objection: Objection | None) -> Outcome:
        try:
            letter = letter_of(self._platform, self._sender, claimed)
        except Exception as error:  # the next attempt would go no better
            telemetry.logger.error(
                "message_not_composed", template=claimed.template, **telemetry.describe(error)
            )
            return Outcome("abandoned", "not_composed")
        outcome = await self._transport.send(letter, objection)
        if outcome.halting and not self._halted:
            telemetry.logger.warning("mail_halted", reason=outcome.reason, code=outcome.code)
        self._halted = outcome.halting
        return outcome

    async def _settle(self) -> None:
        """Write down what became of messages, a group at a time."""
        ended = False
        while not ended:
            group = [await self._done.get()]
            if not self._waiting.empty():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._full.wait(), GATHER)
            self._full.clear()
            while len(group) < GROUP and not self._done.empty():
                group.append(self._done.get_nowait())
            ended = None in group
            if settlements := [each for each in group if each is not None]:
                await self._written(settlements)

    async def _written(self, settlements: list[Settlement]) -> None:
        """Settle, however often the database has to be asked: else the letters would go again."""
        while True:
            try:
                states = await settle(self._platform, settlements)
            except Failure as error:
                telemetry.logger.warning("outbox_not_settled", **telemetry.describe(error))
                await asyncio.sleep(POLL)
            else:
                metrics.MAIL.count(states)
                return
