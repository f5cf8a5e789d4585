"""Mails for tests: queued as the service queues them, delivered by workers of the test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from app.core.language import Language
from app.services import outbox
from app.services.outbox import Message
from app.services.platform import Platform
from app.worker import delivery
from tests.support.mail_samples import samples
from tests.support.post import mails

TEMPLATE = "email_verify"
SETTLED = ("sent", "bounced", "abandoned", "suppressed")


def mail(
    platform: Platform,
    recipient: str,
    *,
    template: str = TEMPLATE,
    language: Language = "pt-BR",
    **options: Any,
) -> Message:
    """A message with made-up values; whatever is a link is secret."""
    values = samples(platform.mail_templates, template)
    secret = {name: value for name, value in values.items() if name.endswith("link")}
    params = {name: value for name, value in values.items() if name not in secret}
    return Message(template, recipient, language, params, secret, **options)


async def post(platform: Platform, *messages: Message) -> None:
    """Queue them, in a transaction of their own."""
    async with platform.database.transaction() as connection:
        await outbox.queue(platform, connection, *messages)


async def states(platform: Platform) -> dict[str, str]:
    """Recipient → state."""
    return {row.recipient: row.state for row in await mails(platform)}


@asynccontextmanager
async def delivering(platform: Platform, workers: int = 1) -> AsyncIterator[None]:
    """So many workers at the outbox; afterwards they are stopped as a process stops them."""
    tasks = [asyncio.create_task(delivery.run(platform)) for _ in range(workers)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(
    platform: Platform, holds: Callable[[Sequence[Any]], bool], seconds: float = 30
) -> list[Any]:
    """The outbox's rows once something holds for them."""
    async with asyncio.timeout(seconds):
        while not holds(found := await mails(platform)):  # noqa: ASYNC110 - only the table knows
            await asyncio.sleep(0.02)
    return found


def settled(found: Sequence[Any]) -> bool:
    """Whether the fate of every message is known."""
    return all(row.state in SETTLED for row in found)
