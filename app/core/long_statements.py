"""Statements over a whole table: they may take minutes, and as little memory as over ten rows."""

from typing import Final

from sqlalchemy import Insert, Update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from app.core.statements import binders, processed

LONGEST: Final = 3600.0
"""Seconds; others are cut off after the usual half minute."""


async def run_long(connection: AsyncConnection, statement: Insert | Update) -> int:
    """Run a statement in the caller's transaction; how many rows it wrote. None is returned.

    The transaction must have begun: on PostgreSQL the driver is asked past SQLAlchemy, which has no
    time of its own for one statement.
    """
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - these compile to nothing else
    names = tuple(compiled.positiontup or ())
    types = [compiled.binds[name].type for name in names]
    values = processed(binders(types, dialect), [compiled.params[name] for name in names])
    if dialect.name != "postgresql":
        return (await connection.exec_driver_sql(compiled.string, tuple(values))).rowcount
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101 - a connection that is open has one
    told: str = await driver.execute(compiled.string, *values, timeout=LONGEST)
    return int(told.rpartition(" ")[2])
