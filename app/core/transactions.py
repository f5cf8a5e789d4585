"""Prepared statements in a transaction of either kind: SQLAlchemy's, or the driver's own.

What is done all day long, and as part of rarer deeds too, is written once, for both.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.driver_transactions import DriverTransaction
from app.core.statements import Prepared, Record

Transaction = AsyncConnection | DriverTransaction


async def run(
    transaction: Transaction, statement: Prepared, values: Mapping[str, Any]
) -> list[Record]:
    """The statement's rows; none for one that returns none."""
    if isinstance(transaction, DriverTransaction):
        return await transaction.run(statement, values)
    found = await transaction.exec_driver_sql(statement.sql, tuple(statement.arguments(values)))
    return statement.records([tuple(row) for row in found]) if found.returns_rows else []
