"""`migrations/`: up, down and up again, on both databases, and an audit log that only grows."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from app.core.database import Database
from app.core.ids import new_id
from app.models import AuditEvent, AuditSeal, AuditSubject, Base
from tests.support.databases import DatabaseKind, Databases, alembic_config
from tests.support.room import ROOT

APPEND_ONLY = ("audit_events", "audit_seals", "audit_subjects")

LEFTOVERS = {
    "sqlite": "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    "postgresql": """
        SELECT relkind::text || ' ' || relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'function ' || proname FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'type ' || typname FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typelem = 0 AND typtype <> 'c'
    """,
}


@pytest.fixture
def empty_url(databases: Databases, database_kind: DatabaseKind) -> Iterator[str]:
    with databases.fresh(database_kind, migrated=False) as url:
        yield url


def asked(url: str, question: Any) -> Any:
    """What `question(connection)` answers on the database at `url`."""

    async def ask() -> Any:
        database = Database(url)
        try:
            async with database.transaction() as connection:
                return await connection.run_sync(question)
        finally:
            await database.close()

    return asyncio.run(ask())


def form(connection: Connection) -> dict[str, Any]:
    """Tables with columns, keys, indexes and checks, in a comparable shape."""
    found = inspect(connection)
    return {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(table)
            ],
            "key": found.get_pk_constraint(table),
            "foreign": sorted(map(repr, found.get_foreign_keys(table))),
            "indexes": sorted(map(_index, found.get_indexes(table))),
            "unique": sorted(map(repr, found.get_unique_constraints(table))),
            "checks": sorted(map(repr, found.get_check_constraints(table))),
        }
        for table in sorted(found.get_table_names())
    }


def _index(found: Any) -> str:
    """An index as text; the condition of a partial one is an object without a repr of its own."""
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return repr({**found, "dialect_options": options})


def leftovers(connection: Connection) -> list[str]:
    return sorted(connection.execute(text(LEFTOVERS[connection.dialect.name])).scalars())


def test_up_down_and_up_again_ends_in_the_same_form(empty_url: str) -> None:
    config = alembic_config(empty_url)
    before = asked(empty_url, leftovers)
    command.upgrade(config, "head")
    first, everything = asked(empty_url, form), asked(empty_url, leftovers)
    assert set(first) == {*Base.metadata.tables, "alembic_version"}
    command.downgrade(config, "base")
    own = [name for name in asked(empty_url, leftovers) if "alembic_version" not in name]
    assert own == before == []
    command.upgrade(config, "head")
    assert asked(empty_url, form) == first
    assert asked(empty_url, leftovers) == everything


def test_each_step_goes_down_by_itself(empty_url: str) -> None:
    config = alembic_config(empty_url)
    for revision in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
        before = asked(empty_url, leftovers)
        command.upgrade(config, revision.revision)
        after = asked(empty_url, leftovers)
        command.downgrade(config, "-1")
        assert [name for name in asked(empty_url, leftovers) if "alembic" not in name] == [
            name for name in before if "alembic" not in name
        ]
        command.upgrade(config, revision.revision)
        assert asked(empty_url, leftovers) == after


def test_the_models_are_what_the_migrations_made(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_there_is_one_newest_form() -> None:
    assert len(ScriptDirectory.from_config(alembic_config("")).get_heads()) == 1


def test_two_migrations_at_once_take_turns(empty_url: str, database_kind: DatabaseKind) -> None:
    environment = os.environ | {"SALVAGUARDA_DATABASE_URL": empty_url}
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(text.count("Running upgrade") for text in said) == len(
        list(ScriptDirectory.from_config(alembic_config("")).walk_revisions())
    )
    command.check(alembic_config(empty_url))


def fill_audit_log(connection: Connection) -> None:
    """A row in each table of the audit log."""
    event, now = new_id(), datetime(2026, 11, 22, tzinfo=UTC)
    connection.execute(
        insert(AuditEvent).values(
            id=event,
            at=now,
            actor_kind="system",
            request_id="r",
            action="system:test:fill",
            fields=(),
            policy_hash="0",
            rows=0,
            outcome="allowed",
        )
    )
    connection.execute(insert(AuditSubject).values(subject_id=new_id(), event_id=event))
    seal = {"number": 1, "sealed_at": now, "first_id": event, "last_id": event, "events": 1}
    seal |= dict.fromkeys(("digest", "previous", "signature"), b"")
    connection.execute(insert(AuditSeal).values(kid="k", **seal))


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_itself_refuses_to_change_or_delete_what_is_on_record(
    database_url: str, database_kind: DatabaseKind, table: str
) -> None:
    asked(database_url, fill_audit_log)
    rows = Base.metadata.tables[table]
    column = rows.columns.keys()[0]
    statements: list[Any] = [update(rows).values({column: rows.c[column]}), delete(rows)]
    if database_kind == "postgresql":
        statements += [text(f"TRUNCATE {table}"), text(f"TRUNCATE {table} CASCADE")]
    else:
        replacing = insert(rows).from_select(rows.columns.keys(), select(rows))
        statements += [replacing.prefix_with("OR REPLACE")]
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            asked(database_url, lambda connection, sql=statement: connection.execute(sql))
    found = select(rows)
    assert len(asked(database_url, lambda connection: connection.execute(found).all())) == 1


def test_every_table_of_the_audit_log_is_append_only() -> None:
    assert sorted(name for name in Base.metadata.tables if name.startswith("audit_")) == sorted(
        APPEND_ONLY
    )
