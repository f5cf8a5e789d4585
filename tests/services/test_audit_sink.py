"""`app/services/audit_sink.py`: one commit per group, on a connection that is replaced if lost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from app.core.clock import system_clock
from app.core.database import Database
from app.core.ids import new_id
from app.models import AuditEvent, AuditSubject
from app.services.audit_sink import AuditSink
from tests.support.databases import DatabaseKind, Databases
from tests.support.records import count, events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def sink(house: Service) -> AsyncIterator[AuditSink]:
    made = AuditSink(house.platform.database)
    yield made
    await made.close()


def event(**columns: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "at": system_clock(),
        "actor_kind": "staff",
        "actor_id": new_id(),
        "role": "support",
        "session_id": new_id(),
        "request_id": "sink",
        "action": "staff:customer:read",
        "subject_type": "customer",
        "subject_id": new_id(),
        "fields": ("id", "name"),
        "purpose": "customer_support",
        "reason": "Cliente pediu: «não consigo entrar» 😀",
        "policy_hash": "f" * 64,
        "rows": 1,
        "outcome": "allowed",
        "network": "2001:db8:7::/48",
    } | columns


EMPTY = dict.fromkeys(
    ("actor_id", "role", "session_id", "subject_type", "subject_id", "purpose", "reason")
)


async def test_every_column_comes_back_as_it_went_in(house: Service, sink: AuditSink) -> None:
    full, bare = event(request_id="whole"), event(request_id="whole", fields=(), **EMPTY)
    await sink.write([full, bare], [])
    found = await events(house.platform, request_id="whole")
    assert [row._asdict() for row in found] == [full, bare]
    assert found[0].at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("shown", [0, 1, 200])
async def test_subjects_are_written_with_their_events(
    house: Service, sink: AuditSink, shown: int
) -> None:
    one = event(request_id=f"shown-{shown}")
    subjects = [new_id() for _ in range(shown)]
    await sink.write([one], [(subject, one["id"]) for subject in subjects])
    assert len(await events(house.platform, request_id=f"shown-{shown}")) == 1
    assert await _subjects_of(house, one["id"]) == set(subjects)


async def test_a_group_is_written_whole_or_not_at_all(house: Service, sink: AuditSink) -> None:
    before = await count(house.platform, AuditEvent), await count(house.platform, AuditSubject)
    twice = event()
    with pytest.raises(Exception, match=r"(?i)unique|append-only"):
        await sink.write([event(), twice, twice], [(new_id(), twice["id"])])
    one, subject = event(), new_id()
    with pytest.raises(
        Exception, match=r"(?i)unique|append-only"
    ):  # the subjects break: events go with them
        await sink.write([one], [(subject, one["id"]), (subject, one["id"])])
    after = await count(house.platform, AuditEvent), await count(house.platform, AuditSubject)
    assert after == before
    await sink.write([one], [(subject, one["id"])])
    assert await _subjects_of(house, one["id"]) == {subject}


async def test_the_probe_leaves_no_row(house: Service, sink: AuditSink) -> None:
    before = await count(house.platform, AuditEvent)
    await sink.probe()
    assert await count(house.platform, AuditEvent) == before


@pytest.mark.parametrize("table", ["audit_events", "audit_subjects"])
async def test_the_probe_fails_where_no_row_could_be_written(
    databases: Databases, database_kind: DatabaseKind, table: str
) -> None:
    with databases.fresh(database_kind) as url:
        database = Database(url)
        sink = AuditSink(database)
        await sink.probe()
        async with database.transaction() as connection:
            await connection.execute(text(f"ALTER TABLE {table} RENAME TO elsewhere"))
        with pytest.raises(Exception, match=table):
            await sink.probe()
        await sink.close()
        await database.close()


async def test_a_lost_connection_is_replaced_without_anybody_noticing(
    databases: Databases,
) -> None:
    with databases.fresh("postgresql") as url:  # SQLite has no server that could end a connection
        database = Database(url)
        sink = AuditSink(database)
        await sink.write([event()], [])
        async with database.transaction() as connection:
            ended = await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            assert ended.scalars().all() == [True]
        await sink.write([event()], [])
        async with database.transaction() as connection:
            assert len((await connection.execute(select(AuditEvent.id))).all()) == 2
        await sink.close()
        await database.close()


async def _subjects_of(house: Service, event_id: UUID) -> set[UUID]:
    statement = select(AuditSubject.subject_id).where(AuditSubject.event_id == event_id)
    return {row[0] for row in await rows(house.platform, statement)}
