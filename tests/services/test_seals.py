"""`app/services/seals.py`: whoever tampers with the sealed log is found out, seal by seal."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest_asyncio
from sqlalchemy import delete, insert, select, text, update

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.ids import new_id
from app.models import AuditEvent, AuditSeal, AuditSubject
from app.services import seals
from app.services.audit_log import Deed
from tests.support.records import count, rows
from tests.support.service import Service, serving

SUPPORT = Actor("staff", Viewer.SUPPORT, "customer_support", "a-request", reason="Olá, «João»")
MINUTE = timedelta(minutes=1, seconds=1)

# The triggers that refuse it are the operator's to drop: an intruder with the owner's rights.
UNLOCK = {
    "sqlite": [
        f"DROP TRIGGER {table}_no_{verb}"
        for table in ("audit_events", "audit_subjects", "audit_seals")
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"DROP TRIGGER {table}_append_only ON {table}"
        for table in ("audit_events", "audit_subjects", "audit_seals")
    ],
}


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def write(house: Service, events: int = 1) -> None:
    await asyncio.gather(
        *(
            house.platform.audit.write(
                SUPPORT, Deed("staff:customer:list", rows=2, subjects=(new_id(), new_id()))
            )
            for _ in range(events)
        )
    )


async def three_seals(house: Service) -> None:
    """Three seals over two events each."""
    for _ in range(3):
        await write(house, 2)
        await asyncio.sleep(0.002)  # the border lies in a later millisecond than the events
        house.clock.ahead = seals.SETTLED
        assert await seals.seal(house.platform) == 2
        house.clock.ahead = timedelta()


async def unlock(house: Service, database_kind: str) -> None:
    for statement in UNLOCK[database_kind]:
        await tamper(house, text(statement))


async def tamper(house: Service, statement: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(statement)


async def ids(house: Service) -> list[UUID]:
    statement = select(AuditEvent.id).order_by(AuditEvent.id)
    return [row[0] for row in await rows(house.platform, statement)]


async def test_nothing_is_sealed_before_it_settled(house: Service) -> None:
    assert await seals.seal(house.platform) == 0
    await write(house, 3)
    assert await seals.seal(house.platform) == 0
    assert await seals.verify(house.platform) == seals.Verification(0, 0, 3, None, None)
    house.clock.ahead = MINUTE
    assert await seals.seal(house.platform) == 3
    assert await seals.seal(house.platform) == 0
    assert await seals.verify(house.platform) == seals.Verification(1, 3, 0, None, None)


async def test_seals_form_a_chain_over_every_event_once(house: Service) -> None:
    await three_seals(house)
    await write(house)
    found = await rows(house.platform, select(AuditSeal).order_by(AuditSeal.number))
    assert [seal.number for seal in found] == [1, 2, 3]
    for before, after in itertools.pairwise(found):
        assert (after.previous, after.first_id) == (before.digest, before.last_id)
    assert await seals.verify(house.platform) == seals.Verification(3, 6, 1, None, None)


async def test_a_clock_set_back_seals_nothing_twice(house: Service) -> None:
    await three_seals(house)
    house.clock.ahead = timedelta(hours=-1)
    assert await seals.seal(house.platform) == 0
    assert (await seals.verify(house.platform)).broken is None


async def test_replicas_take_turns(house: Service) -> None:
    await write(house, 4)
    house.clock.ahead = MINUTE
    made = await asyncio.gather(*(seals.seal(house.platform) for _ in range(3)))
    assert sorted(made) == [0, 0, 4]
    assert (await seals.verify(house.platform)).seals == 1


async def test_old_seals_hold_after_the_key_was_rotated_until_it_is_retired(
    house: Service,
) -> None:
    await three_seals(house)
    old = house.platform.keyring.signing_key().kid
    house.platform.keyring.rotate()
    await write(house)
    house.clock.ahead = MINUTE
    assert await seals.seal(house.platform) == 1
    assert (await seals.verify(house.platform)).broken is None
    house.platform.keyring.retire(old)
    found = await seals.verify(house.platform)
    assert (found.broken, found.reason) == (1, "the signature does not hold, or its key is gone")


ALTERATIONS: list[dict[str, Any]] = [
    {"actor_id": UUID(int=7)},
    {"reason": "Olá, «Joao»"},
    {"fields": ("name",)},
    {"outcome": "refused"},
    {"rows": 3},
    {"policy_hash": "0" * 64},
]


async def test_an_altered_event_breaks_its_seal(house: Service, database_kind: str) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    third = AuditEvent.id == (await ids(house))[2]
    [before] = await rows(house.platform, select(AuditEvent).where(third))
    for altered in ALTERATIONS:
        await tamper(house, update(AuditEvent).where(third).values(**altered))
        found = await seals.verify(house.platform)
        assert (found.broken, found.events) == (2, 2), altered
        assert found.reason == "events were altered, removed or slipped in"
        await tamper(house, update(AuditEvent).where(third).values(**before._asdict()))
        assert (await seals.verify(house.platform)).broken is None


async def test_a_removed_event_breaks_its_seal(house: Service, database_kind: str) -> None:
    await three_seals(house)
    event = (await ids(house))[-1]
    await unlock(house, database_kind)
    await tamper(house, delete(AuditEvent).where(AuditEvent.id == event))
    assert (await seals.verify(house.platform)).broken == 3


async def test_an_event_slipped_in_breaks_its_seal_without_any_trigger_dropped(
    house: Service,
) -> None:
    await three_seals(house)
    first = (await ids(house))[0]
    statement = select(AuditEvent).where(AuditEvent.id == first)
    [row] = await rows(house.platform, statement)
    forged = row._asdict() | {"id": UUID(int=first.int + 1)}
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(AuditEvent).values(**forged))
    assert (await seals.verify(house.platform)).broken == 1


async def test_the_subjects_of_a_list_are_sealed_too(house: Service, database_kind: str) -> None:
    await three_seals(house)
    event, extra = (await ids(house))[4], new_id()
    async with house.platform.database.transaction() as connection:  # no trigger refuses a row
        await connection.execute(insert(AuditSubject).values(subject_id=extra, event_id=event))
    assert (await seals.verify(house.platform)).broken == 3
    await unlock(house, database_kind)
    await tamper(house, delete(AuditSubject).where(AuditSubject.subject_id == extra))
    assert (await seals.verify(house.platform)).broken is None
    await tamper(house, delete(AuditSubject).where(AuditSubject.event_id == event))
    assert (await seals.verify(house.platform)).broken == 3


SEAL_ALTERATIONS: list[tuple[dict[str, Any], int, str]] = [
    ({"signature": bytes(64)}, 2, "the signature does not hold, or its key is gone"),
    ({"kid": "unknown"}, 2, "the signature does not hold, or its key is gone"),
    ({"digest": bytes(32)}, 2, "events were altered, removed or slipped in"),
    ({"events": 1}, 2, "events were altered, removed or slipped in"),
    ({"previous": bytes(32)}, 2, "a seal is missing or out of place"),
    ({"first_id": UUID(int=1)}, 2, "a seal is missing or out of place"),
    ({"number": 9}, 3, "a seal is missing or out of place"),
]


async def test_an_altered_seal_does_not_hold(house: Service, database_kind: str) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    [before] = await rows(house.platform, select(AuditSeal).where(AuditSeal.number == 2))
    for altered, broken, reason in SEAL_ALTERATIONS:
        await tamper(house, update(AuditSeal).where(AuditSeal.number == 2).values(**altered))
        found = await seals.verify(house.platform)
        assert (found.broken, found.reason) == (broken, reason), altered
        restored = update(AuditSeal).where(AuditSeal.number.in_((2, 9)))
        await tamper(house, restored.values(**before._asdict()))
        assert (await seals.verify(house.platform)).broken is None


async def test_a_removed_seal_is_missed_by_the_next(house: Service, database_kind: str) -> None:
    await three_seals(house)
    await unlock(house, database_kind)
    await tamper(house, delete(AuditSeal).where(AuditSeal.number == 2))
    found = await seals.verify(house.platform)
    assert (found.broken, found.reason) == (3, "a seal is missing or out of place")


async def test_events_forged_together_with_their_seal_lack_the_key(
    house: Service, database_kind: str
) -> None:
    await three_seals(house)
    event = (await ids(house))[-1]
    await unlock(house, database_kind)
    await tamper(house, update(AuditEvent).where(AuditEvent.id == event).values(rows=9))
    found = await rows(house.platform, select(AuditSeal).where(AuditSeal.number == 3))
    async with house.platform.database.transaction() as connection:
        digest, _ = await seals._digest(
            connection, found[0].first_id, found[0].last_id, found[0].previous
        )
        await connection.execute(
            update(AuditSeal).where(AuditSeal.number == 3).values(digest=digest)
        )
    verdict = await seals.verify(house.platform)
    assert (verdict.broken, verdict.reason) == (
        3,
        "the signature does not hold, or its key is gone",
    )


async def test_verifying_sees_one_moment_while_others_write(house: Service) -> None:
    await three_seals(house)
    verdict, _ = await asyncio.gather(seals.verify(house.platform), write(house, 20))
    assert (verdict.seals, verdict.events, verdict.broken) == (3, 6, None)
    assert await count(house.platform, AuditEvent) == 26
