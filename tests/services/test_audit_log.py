"""`app/services/audit_log.py`: durable before the answer, one commit for many, all or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.clock import system_clock
from app.core.database import Database
from app.core.errors import Failure
from app.core.ids import new_id
from app.models import AuditSubject
from app.services.audit_log import GROUP, AuditLog, Deed
from app.services.audit_sink import AuditSink
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

READ = Deed("staff:customer:read", subject_type="customer", fields=("id", "name"), rows=1)


def actor(request_id: str) -> Actor:
    return Actor("staff", Viewer.SUPPORT, "customer_support", request_id, id=new_id())


class CountedGroups:
    """How large each group was that `AuditSink.write` was handed; `broken` makes it fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.broken: BaseException | None = None
        write = AuditSink.write

        async def counted(
            sink: AuditSink,
            rows: Sequence[Mapping[str, Any]],
            subjects: Sequence[tuple[UUID, UUID]],
        ) -> None:
            self.sizes.append(len(rows))
            if self.broken is not None:
                raise self.broken
            await write(sink, rows, subjects)

        monkeypatch.setattr(AuditSink, "write", counted)


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> CountedGroups:
    return CountedGroups(monkeypatch)


async def test_an_event_stands_in_the_table_when_write_returns(house: Service) -> None:
    subject = new_id()
    who = actor("durable")
    before = system_clock()
    await house.platform.audit.write(
        who, Deed("staff:customer:read", subject_type="customer", subject_id=subject, rows=1)
    )
    [event] = await events(house.platform, request_id="durable")
    assert (event.actor_id, event.subject_id, event.outcome) == (who.id, subject, "allowed")
    assert before <= event.at <= system_clock()
    assert event.policy_hash == house.platform.projection.hash


async def test_requests_that_wait_together_share_a_commit(
    house: Service, groups: CountedGroups
) -> None:
    deeds = [house.platform.audit.write(actor("together"), READ) for _ in range(40)]
    await asyncio.gather(*deeds)
    assert sum(groups.sizes) == 40
    assert len(groups.sizes) <= 2
    assert len(await events(house.platform, request_id="together")) == 40


async def test_a_crowd_is_written_in_groups_of_bounded_size(
    house: Service, groups: CountedGroups
) -> None:
    await asyncio.gather(
        *(house.platform.audit.write(actor("crowd"), READ) for _ in range(GROUP + 1))
    )
    assert groups.sizes == [GROUP, 1]
    assert len(await events(house.platform, request_id="crowd")) == GROUP + 1


async def test_whoever_waits_is_told_when_the_group_could_not_be_written(
    house: Service, groups: CountedGroups
) -> None:
    groups.broken = OSError("no space left on device")
    outcomes = await asyncio.gather(
        *(house.platform.audit.write(actor("lost"), READ) for _ in range(3)),
        return_exceptions=True,
    )
    for outcome in outcomes:
        assert isinstance(outcome, Failure)
        assert outcome.code == "audit_unavailable"
        assert outcome.headers == {"Retry-After": "2"}
    assert await events(house.platform, request_id="lost") == []
    groups.broken = None
    await house.platform.audit.write(actor("lost"), READ)
    assert len(await events(house.platform, request_id="lost")) == 1


async def test_a_caller_who_gives_up_disturbs_nobody_and_stays_on_record(house: Service) -> None:
    leaving = asyncio.create_task(house.platform.audit.write(actor("left"), READ))
    staying = asyncio.create_task(house.platform.audit.write(actor("stayed"), READ))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert leaving.cancelled() or await _cancelled(leaving)
    assert len(await events(house.platform, request_id="left")) == 1
    assert len(await events(house.platform, request_id="stayed")) == 1


async def _cancelled(task: "asyncio.Task[None]") -> bool:
    with pytest.raises(asyncio.CancelledError):
        await task
    return True


async def test_each_record_of_a_list_is_remembered(house: Service) -> None:
    shown = {new_id(), new_id(), new_id()}
    await house.platform.audit.write(
        actor("list"), Deed("staff:customer:list", rows=3, subjects=tuple(shown))
    )
    [event] = await events(house.platform, request_id="list")
    found = await rows(
        house.platform, select(AuditSubject.subject_id).where(AuditSubject.event_id == event.id)
    )
    assert {row[0] for row in found} == shown


async def test_events_of_a_change_stand_or_fall_with_it(house: Service) -> None:
    platform = house.platform
    listed = Deed("staff:customer:list", subjects=(new_id(),))
    with suppress(ZeroDivisionError):
        async with platform.database.transaction() as connection:
            await platform.audit.add(connection, actor("undone"), READ, listed)
            raise ZeroDivisionError
    assert await events(platform, request_id="undone") == []
    async with platform.database.transaction() as connection:
        await platform.audit.add(connection, actor("done"), READ, listed)
    first, second = await events(platform, request_id="done")
    assert (first.action, second.action) == ("staff:customer:read", "staff:customer:list")
    found = await rows(
        platform, select(AuditSubject).where(AuditSubject.subject_id == listed.subjects[0])
    )
    assert [row.event_id for row in found] == [second.id]


async def test_closing_writes_what_is_waiting(house: Service, database_kind: str) -> None:
    database = Database(house.platform.settings.database)
    log = AuditLog(database, "0" * 64, system_clock)
    waiting = asyncio.create_task(log.write(actor(f"closing-{database_kind}"), READ))
    await asyncio.sleep(0)
    await log.close()
    assert waiting.done()
    await waiting
    await database.close()
    assert len(await events(house.platform, request_id=f"closing-{database_kind}")) == 1


async def test_the_check_tells_a_log_that_takes_rows_from_one_that_does_not(
    house: Service, groups: CountedGroups, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.platform.audit.check()
    assert groups.sizes == []

    async def refuses(_: AuditSink) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(AuditSink, "probe", refuses)
    with pytest.raises(Failure) as told:
        await house.platform.audit.check()
    assert told.value.code == "audit_unavailable"
