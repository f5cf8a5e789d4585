"""Rows of a SELECT of any size as batches, and where the audit log stands meanwhile."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.models import AuditEvent, AuditSeal
from app.services.package_orders import Batch

AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class AuditPosition:
    """The newest event that the package's view of the database has, and the newest seal."""

    event_id: UUID | None
    seal_number: int | None
    seal_digest: str | None
    """In hexadecimal digits, as `salvaguarda audit verify --expect` takes it."""


async def rows_of(
    connection: AsyncConnection, statement: Select[Any]
) -> AsyncGenerator[Batch, None]:
    """The rows as mappings by the names of their columns; a thousand are held at a time.

    The statement has an order: each time it is run in one view, the rows are the same.
    """
    result = await connection.stream(statement.execution_options(yield_per=AT_ONCE))
    try:
        names = tuple(result.keys())
        async for rows in result.partitions():
            yield [dict(zip(names, row, strict=True)) for row in rows]
    finally:
        await result.close()


async def audit_position(connection: AsyncConnection) -> AuditPosition:
    """Where the log stands in the caller's view."""
    newest = select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1)
    event_id = (await connection.execute(newest)).scalar_one_or_none()
    last = select(AuditSeal.number, AuditSeal.digest).order_by(AuditSeal.number.desc()).limit(1)
    seal = (await connection.execute(last)).first()
    if seal is None:
        return AuditPosition(event_id, None, None)
    return AuditPosition(event_id, seal.number, seal.digest.hex())
