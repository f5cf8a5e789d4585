"""Who waits for whom: tests of two who come at the same moment, without a watch."""

import asyncio
from typing import Any

from sqlalchemy import text

from app.services.platform import Platform

_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


async def until_it_waits(platform: Platform, task: "asyncio.Task[Any]") -> None:
    """Come back once the task waits for what another transaction holds, or is done.

    On SQLite at once: whoever writes there waits by nature.
    """
    await asyncio.sleep(0)
    if not platform.database.is_postgresql:
        return
    while not task.done():
        async with platform.database.snapshot() as connection:
            if (await connection.execute(_WAITING)).scalar_one():
                return
        await asyncio.sleep(0.01)
