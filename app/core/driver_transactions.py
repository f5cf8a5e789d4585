"""A transaction on the driver's own connection, for the few deeds that are done all day long.

SQLAlchemy's execution takes three times what the driver does, and a renewal of tokens runs five
statements. Nothing but statements compiled beforehand is run here; the connection itself is for the
audit log's rows alone (`services/audit_sink.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from app.core.errors import Failure
from app.core.readers import DriverLease
from app.core.statements import Prepared, Record


class DriverTransaction:
    """An open transaction, on the connection `driver`. `run` raises what the driver does."""

    def __init__(self, driver: Any, *, postgresql: bool) -> None:
        self.driver = driver
        self._postgresql = postgresql

    async def run(self, statement: Prepared, values: Mapping[str, Any]) -> list[Record]:
        """The statement's rows: none for one that returns none."""
        arguments = statement.arguments(values)
        if self._postgresql:
            return statement.records(await self.driver.fetch(statement.sql, *arguments))
        return statement.records(list(await self.driver.execute_fetchall(statement.sql, arguments)))


@asynccontextmanager
async def driver_transaction(
    lease: DriverLease, *, postgresql: bool, patience: float | None = None
) -> AsyncIterator[DriverTransaction]:
    """Committed when the block ends well, undone when it does not.

    `patience` is how many seconds it waits for a row that others hold, on PostgreSQL.

    After a refusal of ours the connection is as good as before; otherwise it is closed, which
    undoes it.
    """
    try:
        begin = "BEGIN" if postgresql else "BEGIN IMMEDIATE"
        if postgresql and patience is not None:  # in one message: it costs no round trip
            begin = f"BEGIN; SET LOCAL lock_timeout = {round(patience * 1000)}"
        await lease.driver.execute(begin)
        yield DriverTransaction(lease.driver, postgresql=postgresql)
        await lease.driver.execute("COMMIT")
    except Failure:
        await asyncio.shield(_undo(lease))
        raise
    except BaseException:  # a cancelled statement too: its answer may still come
        await asyncio.shield(lease.discard())
        raise
    await asyncio.shield(lease.release())


async def _undo(lease: DriverLease) -> None:
    try:
        await lease.driver.execute("ROLLBACK")
    except Exception:  # what was refused was the driver's own trouble
        await lease.discard()
    else:
        await lease.release()
