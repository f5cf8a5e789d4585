"""What stands in the tables, read past the service."""

from typing import Any

from sqlalchemy import Select, func, select

from app.models import AuditEvent, Base
from app.services.platform import Platform


async def rows(platform: Platform, statement: Select[*tuple[Any, ...]]) -> list[Any]:
    """The rows that a statement finds, in one view of the database."""
    async with platform.database.snapshot() as connection:
        return list((await connection.execute(statement)).all())


async def count(platform: Platform, model: type[Base]) -> int:
    """How many rows a table has."""
    found = await rows(platform, select(func.count()).select_from(model))
    return int(found[0][0])


async def events(platform: Platform, **columns: Any) -> list[Any]:
    """The audit events whose columns have these values, oldest first."""
    wanted = [getattr(AuditEvent, name) == value for name, value in columns.items()]
    return await rows(platform, select(AuditEvent).where(*wanted).order_by(AuditEvent.id))
