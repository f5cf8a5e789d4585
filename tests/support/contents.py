"""Everything that stands in a database at one moment, as its driver reads it.

Tests that prove "nothing was changed" read all of it twice: what SQLAlchemy would make of the rows
costs many times what they do.
"""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from typing import Any

from sqlalchemy import Table

from app.core.database import Database
from app.models import Base

Contents = dict[str, list[tuple[Any, ...]]]
"""By table its rows, in the order of their keys."""


async def contents(database: Database, *, without: Collection[str] = ()) -> Contents:
    """Every row of every table but those named."""
    wanted = {
        table.name: f"SELECT * FROM {table.name} ORDER BY {_key(table)}"  # noqa: S608  # our names
        for table in Base.metadata.sorted_tables
        if table.name not in without
    }
    if not database.is_postgresql:
        return _of_the_file(str(database.url.database), wanted)
    async with database.snapshot() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        return {name: list(map(tuple, await driver.fetch(sql))) for name, sql in wanted.items()}


def _of_the_file(path: str, wanted: dict[str, str]) -> Contents:
    """The same at once: an own connection to the file, without a thread to wait for."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as file:
        file.execute("BEGIN")
        return {name: file.execute(sql).fetchall() for name, sql in wanted.items()}


def _key(table: Table) -> str:
    return ", ".join(column.name for column in table.primary_key)
