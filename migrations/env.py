"""Runs migrations on SQLite and PostgreSQL through the service's own async drivers.

The database is, in this order: `config.attributes["connection"]` (a synchronous `Connection` in
whose transaction the caller wants the migrations), the option `sqlalchemy.url`, the service's
settings. Each upgrade is one transaction on both databases: it happens whole or not at all.
"""

import asyncio
import logging
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, Dialect, NullPool, TypeDecorator, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

import app.models  # noqa: F401  # each module registers its tables
from app.core.database import async_url
from app.core.settings import Settings
from app.models.base import Base

# Any number will do, as long as each replica takes the same: "salvagua" in ASCII.
ADVISORY_LOCK = 0x73616C7661677561

POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own

config = context.config
if config.cmd_opts is not None:
    # Called as the `alembic` command: its own words to stderr. Otherwise logging is the caller's.
    logging.basicConfig(level=logging.INFO, format="%(message)s")


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our types as the plain types beneath: old migrations outlive renamed classes."""
    if kind != "type":
        return False
    if isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    if isinstance(item, JSON) and isinstance(item.dialect_impl(POSTGRESQL), postgresql.JSONB):
        # Alembic writes JSONB's own argument without its import.
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def migrate(connection: Connection) -> None:
    """Run what was asked for on `connection`."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter most things: batch mode copies the table.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Two replicas that migrate at once take turns. (SQLite: BEGIN IMMEDIATE below.)
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()


async def connect_and_migrate(url: str) -> None:
    """Run what was asked for on the database at `url`, on a connection of its own."""
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", prepare_sqlite)
        event.listen(engine.sync_engine, "begin", begin_immediate)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Leave BEGIN to us (the driver would commit before DDL) and foreign keys off.

    Batch mode drops a table to put its copy in place: its children must not go with it.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA busy_timeout = 30000")
    # Kept in the file, so that the service's connections need not turn it over, all at once.
    connection.execute("PRAGMA journal_mode = WAL")


def begin_immediate(connection: Connection) -> None:
    """Take the write lock at once, so that a second migration waits instead of failing."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def run() -> None:
    """Choose the database and go; with `--sql`, print the statements instead."""
    url = config.get_main_option("sqlalchemy.url") or Settings().database
    if context.is_offline_mode():
        context.configure(
            url=async_url(url),
            target_metadata=Base.metadata,
            literal_binds=True,
            render_as_batch=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    connection = config.attributes.get("connection")
    if connection is not None:
        migrate(connection)
    else:
        asyncio.run(connect_and_migrate(url))


run()
